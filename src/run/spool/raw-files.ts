import { renameSync } from "node:fs";
import { join } from "node:path";
import { isRunning } from "../command/process-name.ts";
import { claimFile, listFolder } from "../waiting-files.ts";

/**
 * Output that no logger took (`src/launcher/raw-spool.h`):
 *
 *     X.WRITER.raw               waits
 *     X.WRITER.OWNER.raw-busy    is being written, or sent, by that process; waits as well once it is gone
 *     X.WRITER.raw-damaged       cannot be read, or has no BEGIN: kept for its user to inspect
 *
 * The writer is in each name: executions may be given the same X (`mlrun --id`).
 */
const FILE = /^([0-9A-Z]{26}\.\d+-\d+-\d+)\.(?:raw|(\d+-\d+-\d+)\.raw-busy)$/;

interface RawFile {
  readonly name: string;
  /** `X.WRITER` */
  readonly stem: string;
}

/** Files that no process is writing or sending, oldest first. */
export function waitingRawFiles(folder: string): RawFile[] {
  const waiting: RawFile[] = [];
  for (const name of listFolder(folder)) {
    const [, stem, owner] = FILE.exec(name) ?? [];
    if (stem === undefined || (owner !== undefined && isRunning(owner, join(folder, name)))) continue;
    waiting.push({ name, stem });
  }
  return waiting;
}

/** Claims a file. Undefined: another process was faster. */
export function claimRaw(folder: string, file: RawFile, owner: string): string | undefined {
  return claimFile(folder, file.name, `${file.stem}.${owner}.raw-busy`);
}

/** Renames the file so that flushes ignore it. */
export function setRawAside(folder: string, file: RawFile, path: string): void {
  renameSync(path, join(folder, `${file.stem}.raw-damaged`));
}
