import { statfsSync } from "node:fs";

/** What lines of executions need more. */
const RESERVE_BYTES = 268_435_456;

/** The room of a disk: of what is free, files that have begun own what is still to come of them. */
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

  /** It is whole, or gone. */
  settle(path: string): void {
    this.#owed.delete(path);
  }

  /** Whether so many bytes of a file, with what the others owe, leave the reserve. */
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
