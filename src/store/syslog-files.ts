import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createStream, type RotatingFileStream } from "rotating-file-stream";
import type { Log } from "../host/log.ts";
import { RESERVED } from "./log-path.ts";
import { oneLine } from "./one-line.ts";

const LIMITS = {
  /** Sources with a file of their own. */
  sources: 1_024,
  fileSize: "64M",
  files: 10,
  /** Bytes waiting for a slow disk, of one source. */
  waitingBytes: 4 * 1_048_576,
} as const;

/**
 * Files of ordinary syslog: `DATA/logs/_syslog/<source>.log`, one message a line with the time of its arrival, rotated
 * by size. Readable for the collector's group (administrators), not for the users of executions.
 */
export class SyslogFiles {
  readonly #folder: string;
  readonly #log: Log;
  readonly #streams = new Map<string, RotatingFileStream>();

  constructor(options: { readonly logsDir: string; readonly log: Log }) {
    this.#folder = join(options.logsDir, RESERVED.syslog);
    this.#log = options.log;
    mkdirSync(this.#folder, { recursive: true, mode: 0o750 });
  }

  /** False when the message had to be thrown away. */
  write(source: string, message: Buffer): boolean {
    const stream = this.#stream(source);
    if (stream === undefined || stream.writableLength > LIMITS.waitingBytes) return false;
    stream.write(`${new Date().toISOString()} ${oneLine(message.toString("utf8"))}\n`);
    return true;
  }

  async stop(): Promise<void> {
    const ended = [...this.#streams.values()].map((stream) => new Promise<void>((resolve) => stream.end(resolve)));
    await Promise.all(ended);
  }

  #stream(source: string): RotatingFileStream | undefined {
    const known = this.#streams.get(source);
    if (known !== undefined || this.#streams.size >= LIMITS.sources) return known;
    // Addresses only: digits, hexadecimal letters, dots and colons. A zone (%eth0) is dropped with the rest.
    const name = source.replace(/[^0-9A-Za-z.:]/g, "_").replace(/^\.+/, "_");
    const stream = createStream(`${name}.log`, {
      path: this.#folder,
      size: LIMITS.fileSize,
      maxFiles: LIMITS.files,
      compress: "gzip",
      mode: 0o640,
    });
    stream.on("error", (error) => this.#log.event("error", "cannot write syslog", { source, error: error.message }));
    this.#streams.set(source, stream);
    return stream;
  }
}
