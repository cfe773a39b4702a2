import SyslogServer from "syslog-server";
import type { SyslogListener, SyslogListenerOptions } from "./syslog-sink.ts";

/**
 * Ordinary syslog over UDP (RFC 5426), one message per datagram, through the package syslog-server. It keeps its socket
 * in module globals, so a process has only one such listener. It does not report its port, so a fixed port is required.
 */
export async function startSyslogUdp(options: SyslogListenerOptions): Promise<SyslogListener> {
  const { host, port, sink, log, metrics } = options;
  const received = metrics.count("ml_syslog_udp_messages_total", "Datagrams of ordinary syslog received");
  const discarded = metrics.count("ml_syslog_udp_discarded_total", "Datagrams of ordinary syslog discarded");
  const server = new SyslogServer();
  server.on("message", ({ host: source, message }) => {
    received.inc();
    if (!sink.write(source, Buffer.from(message))) discarded.inc();
  });
  await new Promise<void>((resolve, reject) => {
    // If the port is taken, start() never settles: only the event reports it.
    server.once("error", reject);
    server.start({ port, address: host, exclusive: true }).then(resolve, reject);
  });
  server.on("error", (error) => log.event("error", "UDP syslog failed", { error: error.message }));
  return { port, stop: () => server.stop() };
}
