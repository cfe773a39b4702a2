import { statfsSync } from "node:fs";

/** Bytes that this process may still write to a folder's file system, without root's reserve; NaN if unknown. */
export function freeBytes(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    return Number.NaN;
  }
}
