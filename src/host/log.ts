import { safeJson } from "./safe-text.ts";

/** Severities of RFC 5424, section 6.2.1, as sd-daemon(3) prefixes: journald reads `<N>` at the start of a line. */
const PREFIX = { error: "<3>", warning: "<4>", notice: "<5>", info: "<6>", debug: "<7>" } as const;

export type Severity = keyof typeof PREFIX;
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Where stages report events, one line each: `<6>ingest: relay connected node=node1 address=127.0.0.1`. */
export interface Log {
  event(severity: Severity, message: string, fields?: LogFields): void;
}

/**
 * A log that writes one line per event to a stream. Values with spaces, quotes or control characters are quoted as
 * JSON, so that outside text can neither start a line nor drive a terminal.
 */
export function createLog(stream: { write(text: string): unknown }, name: string): Log {
  return {
    event(severity, message, fields = {}) {
      let line = `${PREFIX[severity]}${name}: ${message}`;
      for (const [key, value] of Object.entries(fields)) {
        if (value !== undefined) line += ` ${key}=${quoted(String(value))}`;
      }
      stream.write(`${line}\n`);
    },
  };
}

function quoted(text: string): string {
  if (/^[\w.:/@+,-]+$/.test(text)) return text;
  return safeJson(text);
}
