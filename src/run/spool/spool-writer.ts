import { closeSync, constants, ftruncateSync, openSync, readdirSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Spool } from "../delivery/delivery.ts";
import { RUN_LIMITS } from "../limits.ts";
import { printedBytes } from "./frame-scan.ts";
import { release } from "./spool-files.ts";

interface SpoolWriterOptions {
  readonly x: string;
  /** BEGIN's JSON: the first record of each file. */
  readonly begin: string;
  /** Name of this process: others leave its file alone while it runs. */
  owner(): string;
  /** The spool folder, created if missing. Undefined: nothing can be kept. */
  openFolder(): string | undefined;
  elapsedMs(): number;
}

/** Most files of one execution: each outage makes one. */
const MAX_FILES = 1_000;
/** The folder's size is looked up again after this time: a flush may have made room. */
const USAGE_FOR_MS = 1_000;
/** END may exceed the quota by this much: it reports what was dropped. */
const CONTROL_BYTES = 65_536;
/** Disk space reserved for END from the start, for the same reason. More than a frame. */
const RESERVE_BYTES = 16_384;

/** Writes those frames of one execution that no relay takes, within the user's quota. */
export class SpoolWriter implements Spool {
  /** Printed bytes that could not be kept. */
  readonly dropped = { stdout: 0, stderr: 0 };
  readonly #options: SpoolWriterOptions;
  #file: { readonly fd: number; readonly folder: string; readonly stem: string; readonly path: string } | undefined;
  /** An unlinked file: it vanishes with this process. */
  #reserveFd: number | undefined;
  #sequence = 0;
  #fileBytes = 0;
  #otherBytes = 0;
  #usageAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: SpoolWriterOptions) {
    this.#options = options;
  }

  append(frames: Buffer, kind: "lines" | "control"): void {
    const most = RUN_LIMITS.spoolBytes + (kind === "control" ? CONTROL_BYTES : 0);
    try {
      if (this.#open() && this.#fits(frames.length, most)) {
        if (this.#write(frames)) return;
        if (kind === "control" && this.#giveUpReserve() && this.#write(frames)) return;
      }
    } catch {
      // The folder vanished: the same as no folder.
    }
    const printed = printedBytes(frames);
    this.dropped.stdout += printed.stdout;
    this.dropped.stderr += printed.stderr;
  }

  seal(): void {
    if (this.#file === undefined) return;
    const { fd, folder, stem, path } = this.#file;
    this.#file = undefined;
    this.#giveUpReserve();
    try {
      closeSync(fd);
      release(folder, { stem }, path);
    } catch {
      // Another process removed the file: there is nothing to hand over.
    }
  }

  #open(): boolean {
    if (this.#file !== undefined) return true;
    const { x, begin } = this.#options;
    const folder = this.#options.openFolder();
    if (folder === undefined || this.#sequence === MAX_FILES) return false;
    this.#sequence += 1;
    const owner = this.#options.owner();
    const stem = `${x}.${owner}.${this.#sequence}`;
    const path = join(folder, `${stem}.${owner}.busy`);
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    try {
      const fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
      this.#file = { fd, folder, stem, path };
    } catch {
      return false;
    }
    this.#fileBytes = 0;
    if (this.#write(Buffer.from(`${Buffer.byteLength(begin)} ${begin}`))) {
      this.#reserve(`${path}.reserve`);
      return true;
    }
    closeSync(this.#file.fd);
    rmSync(path, { force: true });
    this.#file = undefined;
    return false;
  }

  #reserve(path: string): void {
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    try {
      const fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
      rmSync(path, { force: true });
      this.#reserveFd = fd;
      writeSync(fd, Buffer.alloc(RESERVE_BYTES));
    } catch {
      // The disk is already full. END will still be tried.
    }
  }

  #giveUpReserve(): boolean {
    if (this.#reserveFd === undefined) return false;
    closeSync(this.#reserveFd);
    this.#reserveFd = undefined;
    return true;
  }

  #fits(bytes: number, most: number): boolean {
    if (this.#file === undefined) return false;
    const now = this.#options.elapsedMs();
    if (now - this.#usageAtMs > USAGE_FOR_MS) {
      this.#otherBytes = usedBytes(this.#file.folder) - this.#fileBytes;
      this.#usageAtMs = now;
    }
    return this.#otherBytes + this.#fileBytes + bytes <= most;
  }

  /** Writes everything or, on a full disk, nothing: a torn frame would make the rest unreadable. */
  #write(bytes: Buffer): boolean {
    if (this.#file === undefined) return false;
    const { fd } = this.#file;
    try {
      for (let at = 0; at < bytes.length; ) {
        at += writeSync(fd, bytes, at, bytes.length - at, this.#fileBytes + at);
      }
      this.#fileBytes += bytes.length;
      return true;
    } catch {
      ftruncateSync(fd, this.#fileBytes);
      return false;
    }
  }
}

function usedBytes(folder: string): number {
  let bytes = 0;
  for (const name of readdirSync(folder)) {
    bytes += statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}
