import { closeSync, constants, fsyncSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";

/** The owner reads through the folder's ACL, which a mode below 0640 would mask (acl(5): the mask is the group's bits). */
const FILE_MODE = 0o640;
const FOLDER_MODE = 0o750;

/** Creates an empty file that was not there, never through a link. Throws what the file system throws. */
export function createFile(path: string, durable: boolean): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  closeSync(openSync(path, flags, FILE_MODE));
  if (durable) syncFolder(dirname(path));
}

/** Creates a folder below an existing owner's folder; one that is there already stays as it is. */
export function createFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: FOLDER_MODE });
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
