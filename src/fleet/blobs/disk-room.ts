import { statfsSync } from "node:fs";

/** Reserved for lines of executions, which matter more. */
const RESERVE_BYTES = 268_435_456;

/** Free space of a disk, less the bytes still to come of files under way. */
export class DiskRoom {
  readonly #folder: string;
  readonly #freeBytes: (folder: string) => number;
  /** Bytes still to come, by file. */
  readonly #owed = new Map<string, number>();

  constructor(folder: string, freeBytes: (folder: string) => number = freeBytesOf) {
    this.#folder = folder;
    this.#freeBytes = freeBytes;
  }

  owes(path: string, bytes: number): void {
    this.#owed.set(path, bytes);
  }

  /** Call it when a file is complete or gone. */
  settle(path: string): void {
    this.#owed.delete(path);
  }

  /** Whether the reserve remains after these bytes and those still to come of other files. */
  hasFor(path: string, bytes: number): boolean {
    let toCome = bytes;
    for (const [other, owed] of this.#owed) if (other !== path) toCome += owed;
    return this.#freeBytes(this.#folder) - toCome >= RESERVE_BYTES;
  }
}

function freeBytesOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
