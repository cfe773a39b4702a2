import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterwards } from "../support/cleanup.ts";

/** Smaller files are not worth a call each. */
const EMPTIED_FROM_BYTES = 65_536;

let root: string | undefined;

/** A new folder that several runs use. Removed when the benchmark ends. */
export function lastingFolder(): string {
  if (root === undefined) {
    const made = mkdtempSync(join(tmpdir(), "ml-bench-"));
    process.once("exit", () => rmSync(made, { recursive: true, force: true }));
    root = made;
  }
  return mkdtempSync(join(root, "run-"));
}

/**
 * A new folder for one run. Its files are emptied after the run, and removed only when the benchmark ends: ext4 passes
 * over inodes that were freed within the last minute, one by one, and each new file would take a millisecond
 * (fs/ext4/ialloc.c, recently_deleted).
 */
export function benchFolder(): string {
  const folder = lastingFolder();
  afterwards(() => {
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) emptyFile(join(folder, name));
  });
  return folder;
}

function emptyFile(path: string): void {
  const file = statSync(path, { throwIfNoEntry: false });
  if (file?.isFile() === true && file.size >= EMPTIED_FROM_BYTES) truncateSync(path);
}
