import { closeSync, constants, fdatasyncSync, fsyncSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { failureCode } from "./storage-error.ts";

/**
 * The owner reads through the folder's ACL. A mode below 0640 would mask it: the group's bits are its mask (acl(5)).
 */
const FILE_MODE = 0o640;
const FOLDER_MODE = 0o750;

/**
 * Creates a new file, never through a link, and writes its first bytes. Throws file system errors.
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
    // A nearly full disk may take only part; only the next write reports the error.
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
 * Creates a folder in an owner's folder, with its ACL; an existing one is left unchanged. Throws file system errors,
 * including a missing owner's folder.
 */
export function createFolder(path: string): void {
  try {
    mkdirSync(path, { mode: FOLDER_MODE });
  } catch (error) {
    if (failureCode(error) !== "EEXIST") throw error;
  }
}

/** Makes names created in a folder survive a power cut. */
export function syncFolder(path: string): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
