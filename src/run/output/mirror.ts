import { fstatSync, write, writeSync } from "node:fs";
import { RUN_LIMITS } from "../limits.ts";
import type { Timers } from "../timers.ts";

interface MirrorPorts extends Pick<Timers, "after"> {
  /** Called when there is room again after `full`. */
  drained(): void;
  /** Called when nobody reads it any more: further output there would go nowhere. */
  broken(): void;
  /** Called when it cannot be written, for instance to a full disk. Shows nothing more. */
  failed(code: string): void;
}

/** Errors without a reader, or after a terminal was closed. */
const GONE: readonly string[] = ["EPIPE", "EIO", "ECONNRESET"];
/** Major number of /dev/null and similar devices (Linux, admin-guide/devices.txt). */
const MEMORY_DEVICES = 1;
/** A pipe that somebody made non-blocking is retried after this time. */
const AGAIN_AFTER_MS = 5;

/**
 * Shows a stream of the command on mlrun's own descriptor.
 *
 * A pipe or terminal may block for hours: it is written on libuv's threads, one write at a time, with at most
 * `mirrorBytes` waiting. Making it non-blocking instead would change it for every process that shares it. Files and
 * /dev/null never block, so they are written directly.
 */
export class Mirror {
  readonly #fd: number;
  readonly #ports: MirrorPorts;
  readonly #direct: boolean;
  #waiting: Buffer = Buffer.alloc(0);
  #waitingBytes = 0;
  #writing: Buffer = Buffer.alloc(0);
  #busy = false;
  #off = false;
  #whenIdle: (() => void) | undefined;

  constructor(fd: number, ports: MirrorPorts) {
    this.#fd = fd;
    this.#ports = ports;
    const kind = fstatSync(fd);
    this.#direct = kind.isFile() || (kind.isCharacterDevice() && kind.rdev >> 8 === MEMORY_DEVICES);
  }

  /** True when the next read's bytes might not fit. */
  get full(): boolean {
    return this.#waitingBytes > RUN_LIMITS.mirrorBytes - RUN_LIMITS.readBytes;
  }

  /** Copies bytes that cannot be written at once. */
  write(bytes: Buffer): void {
    if (this.#off) return;
    if (this.#direct) {
      this.#writeNow(bytes);
      return;
    }
    if (this.#waiting.length === 0) this.#waiting = Buffer.allocUnsafeSlow(RUN_LIMITS.mirrorBytes);
    this.#waitingBytes += bytes.copy(this.#waiting, this.#waitingBytes);
    if (!this.#busy) this.#next();
  }

  /** Shows no more: discards waiting bytes, and leaves a write in progress to itself. */
  giveUp(): void {
    this.#off = true;
    this.#waitingBytes = 0;
  }

  get isIdle(): boolean {
    return !this.#busy;
  }

  /** Settles when everything is written, or never will be. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#busy) this.#whenIdle = resolve;
      else resolve();
    });
  }

  #writeNow(bytes: Buffer): void {
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
    } catch (error) {
      this.#stop(error);
    }
  }

  #next(): void {
    [this.#waiting, this.#writing] = [this.#writing, this.#waiting];
    const end = this.#waitingBytes;
    this.#waitingBytes = 0;
    this.#busy = true;
    this.#writeFrom(0, end);
  }

  #writeFrom(at: number, end: number): void {
    write(this.#fd, this.#writing, at, end - at, null, (error, written) => {
      if (error?.code === "EAGAIN") return void this.#ports.after(AGAIN_AFTER_MS, () => this.#writeFrom(at, end));
      if (error !== null) return this.#stop(error);
      if (at + written < end) return this.#writeFrom(at + written, end);
      const wasFull = this.full;
      this.#busy = false;
      if (this.#waitingBytes > 0) this.#next();
      else this.#whenIdle?.();
      if (wasFull) this.#ports.drained();
    });
  }

  #stop(error: unknown): void {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    this.#off = true;
    this.#busy = false;
    this.#waitingBytes = 0;
    this.#whenIdle?.();
    if (GONE.includes(code)) this.#ports.broken();
    else this.#ports.failed(code);
    this.#ports.drained();
  }
}
