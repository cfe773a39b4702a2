import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createStream, type RotatingFileStream } from "rotating-file-stream";
import type { Log } from "../../host/log.ts";
import { LogThrottle } from "../../host/log-throttle.ts";
import { RESERVED } from "../disk/log-path.ts";
import { oneLine } from "./one-line.ts";

const LIMITS = {
  /** Most sources with their own file. */
  sources: 1_024,
  fileSize: "64M",
  files: 10,
  /** Bytes of one source waiting for a slow disk. */
  waitingBytes: 4 * 1_048_576,
  /** Time from a failure to the next attempt to open the file. */
  retryAfterMs: 5_000,
} as const;

/** The file of one source. Messages are discarded while it is broken. */
interface Source {
  readonly stream: RotatingFileStream;
  brokenAtMs: number | undefined;
}

interface SyslogFilesOptions {
  readonly logsDir: string;
  readonly log: Log;
  /** Steady: measures the time to the next attempt. */
  readonly nowMs: () => number;
  /** The time of day, for the messages. */
  readonly wallMs: () => number;
}

/**
 * Files of ordinary syslog: `DATA/logs/_syslog/<source>.log`, one message per line with its time of arrival, rotated by
 * size. Readable by the collector's group (administrators), not by the users of executions.
 */
export class SyslogFiles {
  readonly #folder: string;
  readonly #log: Log;
  readonly #nowMs: () => number;
  readonly #wallMs: () => number;
  readonly #throttle: LogThrottle;
  readonly #sources = new Map<string, Source>();

  constructor(options: SyslogFilesOptions) {
    this.#folder = join(options.logsDir, RESERVED.syslog);
    this.#log = options.log;
    this.#nowMs = options.nowMs;
    this.#wallMs = options.wallMs;
    this.#throttle = new LogThrottle(options.nowMs);
    mkdirSync(this.#folder, { recursive: true, mode: 0o750 });
  }

  /** False if the message had to be discarded. */
  write(source: string, message: Buffer): boolean {
    const stream = this.#stream(source);
    if (stream === undefined || stream.writableLength > LIMITS.waitingBytes) return false;
    stream.write(`${new Date(this.#wallMs()).toISOString()} ${oneLine(message.toString("utf8"))}\n`);
    return true;
  }

  async stop(): Promise<void> {
    const ended = [...this.#sources.values()].map(
      ({ stream }) => new Promise<void>((resolve) => stream.end(() => resolve())),
    );
    await Promise.all(ended);
  }

  /** Undefined if there is none: too many sources, or its file failed a moment ago. */
  #stream(name: string): RotatingFileStream | undefined {
    const known = this.#sources.get(name);
    if (known === undefined && this.#sources.size >= LIMITS.sources) return undefined;
    if (known !== undefined) {
      if (known.brokenAtMs === undefined) return known.stream;
      if (this.#nowMs() - known.brokenAtMs < LIMITS.retryAfterMs) return undefined;
    }
    const source: Source = { stream: this.#open(name), brokenAtMs: undefined };
    source.stream.on("error", ({ message }) => {
      source.brokenAtMs = this.#nowMs();
      if (this.#throttle.isDue(`${name} ${message}`))
        this.#log.event("error", "cannot write syslog", { source: name, error: message });
    });
    this.#sources.set(name, source);
    return source.stream;
  }

  #open(source: string): RotatingFileStream {
    // Addresses only: digits, hexadecimal letters, dots and colons. A zone (%eth0) is replaced with everything else.
    const name = source.replace(/[^0-9A-Za-z.:]/g, "_").replace(/^\.+/, "_");
    return createStream(`${name}.log`, {
      path: this.#folder,
      size: LIMITS.fileSize,
      maxFiles: LIMITS.files,
      compress: "gzip",
      mode: 0o640,
    });
  }
}
