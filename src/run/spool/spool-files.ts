import { readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { isRunning } from "../command/process-name.ts";

/**
 * The spool of one user on one node. A file holds what one execution could not hand over: BEGIN, then frames.
 *
 *     X.WRITER.SEQ.spool           waits to be delivered
 *     X.WRITER.SEQ.OWNER.busy      is being written or delivered by that process; when it is gone, waits as well
 *     X.WRITER.SEQ.damaged         begins with something else than a BEGIN: for its user to look at
 *
 * Writer and owner are names of processes (`processName`), so no two processes can ever mean the same file.
 */
export interface SpooledFile {
  readonly name: string;
  /** `X.WRITER.SEQ` */
  readonly stem: string;
}

const FILE = /^([0-9A-Z]{26}\.\d+-\d+-\d+\.\d+)\.(?:spool|(\d+-\d+-\d+)\.busy)$/;

/** Files that nobody is writing or delivering, oldest execution first, and how many somebody is. */
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

function listFolder(folder: string): string[] {
  try {
    // A link or a folder with such a name is nothing of ours: opening it would fail, and keep all others waiting.
    const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
    return entries.map(({ name }) => name).sort();
  } catch {
    return [];
  }
}

/** Makes the file ours, by a rename that only one process can win. Undefined: another one was faster. */
export function claim(folder: string, file: SpooledFile, owner: string): string | undefined {
  const path = join(folder, `${file.stem}.${owner}.busy`);
  try {
    renameSync(join(folder, file.name), path);
    return path;
  } catch {
    return undefined;
  }
}

/** Lets others have the file at `path`. */
export function release(folder: string, file: { readonly stem: string }, path: string): void {
  renameSync(path, join(folder, `${file.stem}.spool`));
}

/** Keeps the file under a name that no flush looks at. */
export function setAside(folder: string, file: { readonly stem: string }, path: string): void {
  renameSync(path, join(folder, `${file.stem}.damaged`));
}
