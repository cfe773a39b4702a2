import type { Log } from "../../host/log.ts";
import type { Metrics } from "../../host/metrics.ts";

/** Destination of ordinary syslog from other machines, kept apart from executions. */
interface SyslogSink {
  /** Takes one message; false when it was discarded (too many sources, a slow disk). */
  write(source: string, message: Buffer): boolean;
}

export interface SyslogListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly sink: SyslogSink;
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface SyslogListener {
  readonly port: number;
  stop(): Promise<void>;
}

/** Longest message accepted, octets; RFC 5424, section 6.1 asks receivers for at least 2,048. */
export const MAX_SYSLOG_BYTES = 65_536;
