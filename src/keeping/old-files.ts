import { readdir, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { isMissing } from "../host/is-missing.ts";

/** Files of a folder that a rotation has left behind; the current ones end in `.log`. */
interface RotatedFolder {
  readonly folder: string;
  /** Undefined: only the number of files is limited, by their writer. */
  readonly maxAgeMs: number | undefined;
}

/** Removes old files that were last written too long ago. Returns their number. Rejects with file system errors. */
export async function removeOldFiles({ folder, maxAgeMs }: RotatedFolder, wallMs: number): Promise<number> {
  if (maxAgeMs === undefined) return 0;
  let removed = 0;
  for (const name of await namesIn(folder)) {
    if (name.endsWith(".log")) continue;
    const path = join(folder, name);
    const { mtimeMs } = await stat(path);
    if (wallMs - mtimeMs <= maxAgeMs) continue;
    await unlink(path);
    removed += 1;
  }
  return removed;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
