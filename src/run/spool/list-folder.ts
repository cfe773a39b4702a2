import { readdirSync } from "node:fs";

/** Names of a spool folder's files, oldest first. Links and folders are not ours: opening one would block the others. */
export function listFolder(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
    return entries.map(({ name }) => name).sort();
  } catch {
    return [];
  }
}
