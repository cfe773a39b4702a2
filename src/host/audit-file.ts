import { chmodSync, closeSync, fstatSync, mkdirSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { createStream, type RotatingFileStream } from "rotating-file-stream";
import type { Log } from "./log.ts";

interface AuditFileOptions {
  /** For the collector alone, or for its administrators as well. Created if missing. */
  readonly folder: string;
  /** Files are rotated above this size; this many old ones are kept, compressed. */
  readonly maxFileBytes: number;
  readonly maxFiles: number;
  readonly log: Log;
  readonly nowMs: () => number;
  /** Records that could not be written. */
  readonly countLost: (records: number) => void;
}

const FILE = "audit.log";
/** Bytes waiting for a slow disk, or for the compression of an old file, one at a time. */
const MAX_WAITING_BYTES = 1_048_576;
const TRY_AGAIN_AFTER_MS = 1_000;
const LINE_FEED = 0x0a;

/**
 * The file of audit records: rotated by size, old files compressed, their number bounded. Records that cannot be
 * written are counted and logged. Nothing waits for the file: the collector carries on, and writing resumes when it
 * can.
 */
export class AuditFile {
  readonly #options: AuditFileOptions;
  #stream: RotatingFileStream | undefined;
  #notBeforeMs = 0;
  #failure: string | undefined;

  constructor(options: AuditFileOptions) {
    this.#options = options;
  }

  /** Why records are being lost, if they are. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** @param line One record with its LF. */
  write(line: string): void {
    const stream = this.#open();
    if (stream === undefined || stream.writableLength > MAX_WAITING_BYTES) {
      this.#options.countLost(1);
      return;
    }
    stream.write(line, (error) => {
      if (error) this.#options.countLost(1);
      else this.#works();
    });
  }

  /** Closes the file; the next record reopens it. */
  async close(): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined;
    if (stream !== undefined) await new Promise<void>((resolve) => stream.end(() => resolve()));
  }

  #open(): RotatingFileStream | undefined {
    if (this.#stream !== undefined) return this.#stream;
    if (this.#options.nowMs() < this.#notBeforeMs) return undefined;
    const { folder, maxFileBytes, maxFiles } = this.#options;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o750 });
      chmodSync(folder, 0o750);
      const isTorn = endsTorn(join(folder, FILE));
      const size = `${maxFileBytes}B` as const;
      const stream = createStream(FILE, { path: folder, size, rotate: maxFiles, compress: "gzip", mode: 0o640 });
      stream.on("error", (error) => this.#fail(error, stream));
      this.#stream = stream;
      // The record that a full disk cut off must not spoil the next one.
      if (isTorn) {
        stream.write("\n");
        this.#options.countLost(1);
      }
      return stream;
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  #fail(error: unknown, stream?: RotatingFileStream): void {
    if (this.#stream === stream) this.#stream = undefined;
    this.#notBeforeMs = this.#options.nowMs() + TRY_AGAIN_AFTER_MS;
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof Error && "code" in error ? String(error.code) : message;
    if (code === this.#failure) return;
    this.#failure = code;
    this.#options.log.event("error", "audit records are lost: the file cannot be written", { error: message });
  }

  #works(): void {
    if (this.#failure === undefined) return;
    this.#failure = undefined;
    this.#options.log.event("notice", "audit records are written again");
  }
}

function endsTorn(path: string): boolean {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    return false;
  }
  try {
    const { size } = fstatSync(file);
    const last = Buffer.alloc(1);
    return size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last[0] !== LINE_FEED;
  } finally {
    closeSync(file);
  }
}
