import { closeSync, constants, fdatasync, ftruncateSync, openSync, writeSync } from "node:fs";
import { promisify } from "node:util";
import { failureCode } from "./storage-error.ts";

const dataSync = promisify(fdatasync);

/** An append-only file. `size` is its exact size in bytes. */
export interface AppendFile {
  readonly path: string;
  size: number;
}

/**
 * Descriptors of logs being written. The least recently used is closed first, so open files stay bounded for any number
 * of running executions.
 */
export class OpenFiles {
  #maxOpen: number;
  readonly #durable: boolean;
  readonly #fds = new Map<AppendFile, number>();
  /** Files with bytes not yet known to be on the disk; only if durable. */
  readonly #unsynced = new Set<AppendFile>();
  /** Number of syncs in progress for each descriptor. */
  readonly #syncs = new Map<number, number>();
  /** Descriptors to close after their last sync. */
  readonly #closing = new Set<number>();
  #appendedBytes = 0;

  /** @param durable Keep track of files to sync. */
  constructor(maxOpen: number, durable = false) {
    this.#maxOpen = maxOpen;
    this.#durable = durable;
  }

  get count(): number {
    return this.#fds.size + this.#closing.size;
  }

  /** Bytes appended since the start. */
  get appendedBytes(): number {
    return this.#appendedBytes;
  }

  /** Whether nothing waits for `sync`. */
  get areSynced(): boolean {
    return this.#unsynced.size === 0;
  }

  /** Appends all bytes or none: after an error, a partial write is cut off. Throws file system errors. */
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
    this.#appendedBytes += bytes.length;
    if (this.#durable) this.#unsynced.add(file);
  }

  /** Takes over a descriptor open for appending to a file. */
  adopt(file: AppendFile, fd: number): void {
    this.#makeRoom();
    this.#fds.set(file, fd);
  }

  /** Resolves once everything appended is on the disk. Rejects with file system errors. */
  async sync(): Promise<void> {
    await Promise.all([...this.#unsynced].map((file) => this.#sync(file)));
  }

  /** Closes the file; the next append reopens it. */
  close(file: AppendFile): void {
    const fd = this.#fds.get(file);
    if (fd === undefined) return;
    this.#fds.delete(file);
    if (this.#syncs.has(fd)) this.#closing.add(fd);
    else closeSync(fd);
  }

  /** Forgets a file that is removed or replaced: its bytes need not reach the disk any more. */
  retire(file: AppendFile): void {
    this.#unsynced.delete(file);
    this.close(file);
  }

  closeAll(): void {
    for (const file of [...this.#fds.keys()]) this.close(file);
  }

  async #sync(file: AppendFile): Promise<void> {
    const { size } = file;
    const fd = this.#existing(file);
    if (fd === undefined) return;
    this.#syncs.set(fd, (this.#syncs.get(fd) ?? 0) + 1);
    try {
      await dataSync(fd);
    } finally {
      this.#endSync(fd);
    }
    // Bytes appended meanwhile may not be on the disk.
    if (file.size === size) this.#unsynced.delete(file);
  }

  #endSync(fd: number): void {
    const others = (this.#syncs.get(fd) ?? 1) - 1;
    if (others > 0) {
      this.#syncs.set(fd, others);
      return;
    }
    this.#syncs.delete(fd);
    if (this.#closing.delete(fd)) closeSync(fd);
  }

  /** Undefined if the file was removed, so that its bytes cannot reach the disk. */
  #existing(file: AppendFile): number | undefined {
    try {
      return this.#descriptor(file);
    } catch (error) {
      if (failureCode(error) !== "ENOENT") throw error;
      this.retire(file);
      return undefined;
    }
  }

  #descriptor(file: AppendFile): number {
    const known = this.#fds.get(file);
    if (known !== undefined) {
      // Moves it to the recent end of the map; that matters only if one must be closed soon.
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
      // The process may have fewer descriptors than expected: relays and viewers need some as well.
      this.#maxOpen = Math.max(1, Math.floor(this.#fds.size / 2));
      this.#makeRoom();
      return openSync(path, flags);
    }
  }

  #makeRoom(): void {
    for (const [oldest, fd] of this.#fds) {
      if (this.#fds.size < this.#maxOpen) return;
      if (!this.#syncs.has(fd)) this.close(oldest);
    }
  }
}
