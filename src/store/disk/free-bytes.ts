import { statfsSync } from "node:fs";

/** Bytes that this process may still write where a folder is, reserves for root left out; NaN when nobody can say. */
export function freeBytes(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    return Number.NaN;
  }
}
