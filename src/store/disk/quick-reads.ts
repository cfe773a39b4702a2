import { read, readSync } from "node:fs";
import { promisify } from "node:util";

const readByThread = promisify(read);
/** A read that takes this long has waited for the disk: the page cache answers within tens of microseconds. */
const WAITED_MS = 1;
/** Waits before threads take over: a busy machine also causes some. */
const MAX_WAITS = 4;

/** Reads into all of a buffer from a place of an open file. Resolves with the number of bytes; rejects with the file system's error. */
export type ReadFile = (fd: number, into: Buffer, at: number) => Promise<number>;

/** Reads in a thread, so that the event loop never waits for a disk. */
export const readFileAt: ReadFile = async (fd, into, at) => {
  const { bytesRead } = await readByThread(fd, into, 0, into.length, at);
  return bytesRead;
};

/**
 * Short reads of a thousand files. Reads synchronously while the page cache has them, because a thread takes several
 * times as long. Once a few reads have waited for the disk, threads do the rest.
 */
export class QuickReads {
  readonly #nowMs: () => number;
  #waits = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  readonly read: ReadFile = async (fd, into, at) => {
    if (this.#waits === MAX_WAITS) return readFileAt(fd, into, at);
    const startedMs = this.#nowMs();
    const bytes = readSync(fd, into, 0, into.length, at);
    if (this.#nowMs() - startedMs >= WAITED_MS) this.#waits += 1;
    return bytes;
  };
}
