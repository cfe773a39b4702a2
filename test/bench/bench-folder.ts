import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

let root: string | undefined;

/**
 * A new folder for one run. All of them are removed when the benchmark ends, not before: ext4 passes over inodes that
 * were freed within the last minute, one by one, and each new file would take a millisecond (fs/ext4/ialloc.c,
 * recently_deleted).
 */
export function benchFolder(): string {
  if (root === undefined) {
    const made = mkdtempSync(join(tmpdir(), "ml-bench-"));
    process.once("exit", () => rmSync(made, { recursive: true, force: true }));
    root = made;
  }
  return mkdtempSync(join(root, "run-"));
}
