import { closeSync, constants, fstatSync, openSync, statSync } from "node:fs";
import { join } from "node:path";

/** Identifies a blob by owner and digest: two users' blobs with the same digest are distinct. */
export interface BlobName {
  readonly owner: string;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** A blob's file in mlagent's cache. No owner's name has a `/` once it is encoded. */
export function cachedPath(folder: string, { owner, sha256 }: BlobName): string {
  return join(folder, `${encodeURIComponent(owner)}.${sha256}`);
}

/**
 * Opens a blob that mlagent has fetched. Undefined unless it is a plain file of the folder's owner, of this length and with one
 * name: an attacker who controls mlagent must not make root open anything else. Callers verify the bytes by their digest.
 */
export function openCached(folder: string, blob: BlobName & { readonly bytes: number }): number | undefined {
  let fd: number;
  try {
    fd = openSync(cachedPath(folder, blob), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  const found = fstatSync(fd);
  const isMine = found.isFile() && found.nlink === 1 && found.uid === statSync(folder).uid;
  if (isMine && found.size === blob.bytes) return fd;
  closeSync(fd);
  return undefined;
}
