import { readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { isRunning } from "../command/process-name.ts";

/**
 * Output that no logger took (`src/launcher/raw-spool.h`):
 *
 *     X.raw               waits
 *     X.OWNER.raw-busy    is being written, or sent, by that process; waits as well once it is gone
 */
const FILE = /^([0-9A-Z]{26})\.(?:raw|(\d+-\d+-\d+)\.raw-busy)$/;

export interface RawFile {
  readonly name: string;
  readonly x: string;
}

/** Files that no process is writing or sending, oldest first. */
export function waitingRawFiles(folder: string): RawFile[] {
  const waiting: RawFile[] = [];
  for (const name of listFolder(folder)) {
    const [, x, owner] = FILE.exec(name) ?? [];
    if (x !== undefined && (owner === undefined || !isRunning(owner, join(folder, name)))) waiting.push({ name, x });
  }
  return waiting;
}

/** Claims the file by a rename that only one process can win. Undefined: another process was faster. */
export function claimRaw(folder: string, file: RawFile, owner: string): string | undefined {
  const path = join(folder, `${file.x}.${owner}.raw-busy`);
  try {
    renameSync(join(folder, file.name), path);
    return path;
  } catch {
    return undefined;
  }
}

function listFolder(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
    return entries.map(({ name }) => name).sort();
  } catch {
    return [];
  }
}
