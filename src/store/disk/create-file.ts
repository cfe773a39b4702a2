import { closeSync, constants, fdatasyncSync, fsyncSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { failureCode } from "./storage-error.ts";

/** The owner reads through the folder's ACL, which a mode below 0640 would mask: the group's bits are it (acl(5)). */
const FILE_MODE = 0o640;
const FOLDER_MODE = 0o750;

/**
 * Creates a file that was not there, never through a link, and writes its first bytes. Throws what the file system
 * throws.
 *
 * @returns Its descriptor, open for appending; the caller closes it.
 */
export function createForAppend(
  path: string,
  options: { readonly durable: boolean; readonly content?: string },
): number {
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const fd = openSync(path, flags, FILE_MODE);
  try {
    const bytes = Buffer.from(options.content ?? "");
    // A disk that is nearly full takes a part, and says so only to the next write.
    for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
    if (options.durable) {
      fdatasyncSync(fd);
      syncFolder(dirname(path));
    }
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/**
 * Creates a folder in an owner's folder and inherits its ACL; an existing one stays as it is. Throws what the file
 * system throws, also when the owner's folder is missing.
 */
export function createFolder(path: string): void {
  try {
    mkdirSync(path, { mode: FOLDER_MODE });
  } catch (error) {
    if (failureCode(error) !== "EEXIST") throw error;
  }
}

/** Makes names that were created in a folder survive a power cut. */
export function syncFolder(path: string): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
