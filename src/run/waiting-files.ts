import { readdirSync, renameSync } from "node:fs";
import { join } from "node:path";

/**
 * Names of a spool folder's files, oldest first. Excludes links and folders, which are not ours: opening one would
 * block the others.
 */
export function listFolder(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
    return entries.map(({ name }) => name).sort();
  } catch {
    return [];
  }
}

/** Claims a file by a rename that only one process can win. Undefined: another process was faster. */
export function claimFile(folder: string, name: string, claimed: string): string | undefined {
  const path = join(folder, claimed);
  try {
    renameSync(join(folder, name), path);
    return path;
  } catch {
    return undefined;
  }
}
