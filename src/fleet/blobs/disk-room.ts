import { statfsSync } from "node:fs";

/** Reserved for lines of executions, which matter more. */
const RESERVE_BYTES = 268_435_456;

/** Who announces a file and sends nothing holds room for no longer: it is missing to the others. */
const HELD_MS = 600_000;

/** The room of a disk: of what is free, files that are being sent own what is still to come of them. */
export class DiskRoom {
  readonly #folder: string;
  readonly #freeBytes: (folder: string) => number;
  /** By file. */
  readonly #owed = new Map<string, Owed>();

  constructor(folder: string, freeBytes: (folder: string) => number = freeBytesOf) {
    this.#folder = folder;
    this.#freeBytes = freeBytes;
  }

  /** So many bytes are still to come; the last ones came then. */
  owes(path: string, owed: Owed): void {
    this.#owed.set(path, owed);
  }

  /** Call it when a file is complete or gone. */
  settle(path: string): void {
    this.#owed.delete(path);
  }

  /** Whether so many bytes of a file, with what the others owe, leave the reserve. */
  hasFor(path: string, bytes: number, nowMs: number): boolean {
    let toCome = bytes;
    for (const [other, owed] of this.#owed) if (other !== path && nowMs - owed.atMs < HELD_MS) toCome += owed.bytes;
    return this.#freeBytes(this.#folder) - toCome >= RESERVE_BYTES;
  }
}

interface Owed {
  readonly bytes: number;
  readonly atMs: number;
}

function freeBytesOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
