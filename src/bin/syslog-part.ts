import type { Config } from "../host/config.ts";
import type { Part } from "../host/lifecycle.ts";
import { listening } from "../host/listen-error.ts";
import type { Log } from "../host/log.ts";
import type { Metrics } from "../host/metrics.ts";
import type { SyslogListener } from "../ingest/syslog/syslog-sink.ts";
import { startSyslogTcp } from "../ingest/syslog/syslog-tcp.ts";
import { startSyslogUdp } from "../ingest/syslog/syslog-udp.ts";
import { SyslogFiles } from "../store/syslog/syslog-files.ts";

interface SyslogPartOptions {
  readonly config: Config;
  readonly logsDir: string;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
}

/** Other machines' ordinary syslog, if configured. */
export function syslogPart(options: SyslogPartOptions): Part {
  const { config, logsDir, log, metrics, nowMs, wallMs } = options;
  const listeners: SyslogListener[] = [];
  let files: SyslogFiles | undefined;
  return {
    name: "syslog",
    start: async () => {
      if (config.udpSyslog === undefined && config.tcpSyslog === undefined) return;
      const { udpSyslog, tcpSyslog } = config;
      const sink = new SyslogFiles({ logsDir, log, nowMs, wallMs });
      files = sink;
      const options = { sink, log, metrics };
      if (udpSyslog !== undefined) {
        const place = { key: "udp-syslog", at: udpSyslog };
        listeners.push(await listening(startSyslogUdp({ ...udpSyslog, ...options }), place));
      }
      if (tcpSyslog !== undefined) {
        const place = { key: "tcp-syslog", at: tcpSyslog };
        listeners.push(await listening(startSyslogTcp({ ...tcpSyslog, ...options }), place));
      }
    },
    stop: async () => {
      await Promise.all(listeners.map((listener) => listener.stop()));
      await files?.stop();
    },
  };
}
