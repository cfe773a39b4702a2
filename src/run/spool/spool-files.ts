import { renameSync } from "node:fs";
import { join } from "node:path";
import { isRunning } from "../command/process-name.ts";
import { claimFile, listFolder } from "../waiting-files.ts";

/**
 * The spool of one user on one node. A file holds what one execution could not hand over: BEGIN, then frames.
 *
 *     X.WRITER.SEQ.spool           waits to be delivered
 *     X.WRITER.SEQ.OWNER.busy      is being written or delivered by that process; when it is gone, waits as well
 *     X.WRITER.SEQ.damaged         does not begin with a BEGIN: kept for its user to inspect
 *
 * Writer and owner are names of processes (`processName`), so no two processes can ever mean the same file.
 */
interface SpooledFile {
  readonly name: string;
  /** `X.WRITER.SEQ` */
  readonly stem: string;
}

const FILE = /^([0-9A-Z]{26}\.\d+-\d+-\d+\.\d+)\.(?:spool|(\d+-\d+-\d+)\.busy)$/;

/** Files that no process writes or delivers, oldest execution first, and the number of files in use. */
export function spooledFiles(folder: string): { waiting: SpooledFile[]; busy: number } {
  const waiting: SpooledFile[] = [];
  let busy = 0;
  for (const name of listFolder(folder)) {
    const [, stem, owner] = FILE.exec(name) ?? [];
    if (stem === undefined) continue;
    if (owner !== undefined && isRunning(owner, join(folder, name))) busy += 1;
    else waiting.push({ name, stem });
  }
  return { waiting, busy };
}

/** Claims a file. Undefined: another process was faster. */
export function claim(folder: string, file: SpooledFile, owner: string): string | undefined {
  return claimFile(folder, file.name, `${file.stem}.${owner}.busy`);
}

/** Releases the file at `path` for others to deliver. */
export function release(folder: string, file: { readonly stem: string }, path: string): void {
  renameSync(path, join(folder, `${file.stem}.spool`));
}

/** Renames the file so that flushes ignore it. */
export function setAside(folder: string, file: { readonly stem: string }, path: string): void {
  renameSync(path, join(folder, `${file.stem}.damaged`));
}
