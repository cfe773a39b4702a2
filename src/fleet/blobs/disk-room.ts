import { statfsSync } from "node:fs";

/** Reserved for lines of executions, which matter more. */
const RESERVE_BYTES = 268_435_456;

/** A file holds room for this long after its last piece: announcing one must not keep others out. */
const HELD_MS = 600_000;

/** Free space of a disk, less the bytes still to come of files under way. */
export class DiskRoom {
  readonly #folder: string;
  readonly #freeBytes: (folder: string) => number;
  /** By file. */
  readonly #owed = new Map<string, Owed>();

  constructor(folder: string, freeBytes: (folder: string) => number = freeBytesOf) {
    this.#folder = folder;
    this.#freeBytes = freeBytes;
  }

  /** Notes the bytes still to come of a file, and when the last ones came. */
  owes(path: string, owed: Owed): void {
    this.#owed.set(path, owed);
  }

  /** Call it when a file is complete or gone. */
  settle(path: string): void {
    this.#owed.delete(path);
  }

  /** Whether the reserve remains after these bytes and those still to come of other files. */
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
