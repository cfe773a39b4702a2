import type { Config } from "../host/config.ts";
import type { Part } from "../host/lifecycle.ts";
import type { Log } from "../host/log.ts";
import type { Metrics } from "../host/metrics.ts";
import type { SyslogListener } from "../ingest/syslog/syslog-sink.ts";
import { startSyslogTcp } from "../ingest/syslog/syslog-tcp.ts";
import { startSyslogUdp } from "../ingest/syslog/syslog-udp.ts";
import { SyslogFiles } from "../store/syslog/syslog-files.ts";

/** Other machines' ordinary syslog, where it is wanted. */
export function syslogPart(options: { config: Config; logsDir: string; log: Log; metrics: Metrics }): Part {
  const { config, logsDir, log, metrics } = options;
  const listeners: SyslogListener[] = [];
  let files: SyslogFiles | undefined;
  return {
    name: "syslog",
    start: async () => {
      if (config.udpSyslog === undefined && config.tcpSyslog === undefined) return;
      const sink = new SyslogFiles({ logsDir, log, nowMs: Date.now });
      files = sink;
      if (config.udpSyslog !== undefined) {
        listeners.push(await startSyslogUdp({ ...config.udpSyslog, sink, log, metrics }));
      }
      if (config.tcpSyslog !== undefined) {
        listeners.push(await startSyslogTcp({ ...config.tcpSyslog, sink, log, metrics }));
      }
    },
    stop: async () => {
      await Promise.all(listeners.map((listener) => listener.stop()));
      await files?.stop();
    },
  };
}
