import { closeSync, constants, fdatasync, ftruncateSync, openSync, writeSync } from "node:fs";
import { promisify } from "node:util";
import { failureCode } from "./storage-error.ts";

const dataSync = promisify(fdatasync);

/** A file that is only appended to. `size` is what it holds, to the byte. */
export interface AppendFile {
  readonly path: string;
  size: number;
}

/**
 * Descriptors of logs that are being written, the least recently used closed first: open files stay bounded whatever
 * the number of running executions.
 */
export class OpenFiles {
  #maxOpen: number;
  readonly #fds = new Map<AppendFile, number>();
  readonly #pinned = new Set<AppendFile>();

  constructor(maxOpen: number) {
    this.#maxOpen = maxOpen;
  }

  get count(): number {
    return this.#fds.size;
  }

  /** Appends all bytes or, when that fails, none: what was half written is cut off. Throws what the file system throws. */
  append(file: AppendFile, bytes: Buffer): void {
    const fd = this.#descriptor(file);
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(fd, bytes, written, bytes.length - written, null);
    } catch (error) {
      if (written > 0) ftruncateSync(fd, file.size);
      throw error;
    }
    file.size += bytes.length;
  }

  /** Takes over a descriptor that is open for appending to a file. */
  adopt(file: AppendFile, fd: number): void {
    this.#makeRoom();
    this.#fds.set(file, fd);
  }

  /** Resolves once the file's data is on the disk. */
  async sync(file: AppendFile): Promise<void> {
    const fd = this.#descriptor(file);
    this.#pinned.add(file);
    try {
      await dataSync(fd);
    } finally {
      this.#pinned.delete(file);
    }
  }

  close(file: AppendFile): void {
    const fd = this.#fds.get(file);
    if (fd === undefined || this.#pinned.has(file)) return;
    this.#fds.delete(file);
    closeSync(fd);
  }

  closeAll(): void {
    for (const file of [...this.#fds.keys()]) this.close(file);
  }

  #descriptor(file: AppendFile): number {
    const known = this.#fds.get(file);
    if (known !== undefined) {
      // To the young end of the map's order, which matters only when one will have to go soon.
      if (this.#fds.size * 2 > this.#maxOpen) {
        this.#fds.delete(file);
        this.#fds.set(file, known);
      }
      return known;
    }
    this.#makeRoom();
    const fd = this.#open(file.path);
    this.#fds.set(file, fd);
    return fd;
  }

  #open(path: string): number {
    const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW;
    try {
      return openSync(path, flags);
    } catch (error) {
      if (failureCode(error) !== "EMFILE") throw error;
      // The process may have fewer descriptors than we hoped for: relays and viewers need some, too.
      this.#maxOpen = Math.max(1, Math.floor(this.#fds.size / 2));
      this.#makeRoom();
      return openSync(path, flags);
    }
  }

  #makeRoom(): void {
    for (const oldest of this.#fds.keys()) {
      if (this.#fds.size < this.#maxOpen) return;
      this.close(oldest);
    }
  }
}
