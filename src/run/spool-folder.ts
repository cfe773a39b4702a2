import { chmodSync, lstatSync, mkdirSync, readdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { isRunning } from "./processes.ts";

/**
 * The spool of one user on one node. A file holds what one execution could not hand over: BEGIN, then frames.
 *
 *     X.WRITER.SEQ.spool           waits to be delivered
 *     X.WRITER.SEQ.OWNER.busy      is being written or delivered by that process; when it is gone, waits as well
 *
 * Writer and owner are names of processes (`processName`), so no two processes can ever mean the same file.
 */
export interface SpooledFile {
  readonly name: string;
  /** `X.WRITER.SEQ` */
  readonly stem: string;
}

export interface SpoolPlaces {
  /** A folder for this user alone, given from outside. */
  readonly chosen: string | undefined;
  /** Sticky folder of the system in which each user has one by uid. */
  readonly system: string;
  /** The user's own state folder. */
  readonly home: string;
  readonly uid: number;
}

const FILE = /^([0-9A-Z]{26}\.\d+-\d+\.\d+)\.(?:spool|(\d+-\d+)\.busy)$/;

/** The user's spool folder: the first that is there, or can be made, and is safe. Undefined: there is none. */
export function openSpoolFolder(places: SpoolPlaces): string | undefined {
  return candidates(places).find((folder) => isSafe(folder, places.uid, true));
}

/** Every folder in which something of this user may wait. */
export function spoolFolders(places: SpoolPlaces): string[] {
  return candidates(places).filter((folder) => isSafe(folder, places.uid, false));
}

function candidates({ chosen, system, home, uid }: SpoolPlaces): string[] {
  if (chosen !== undefined) return [chosen];
  // The system's folder itself is the administrator's to make.
  return isFolder(system) ? [join(system, String(uid)), home] : [home];
}

/** Files that nobody is writing or delivering, oldest execution first. */
export function waitingFiles(folder: string): SpooledFile[] {
  const files: SpooledFile[] = [];
  for (const name of readdirSync(folder).sort()) {
    const match = FILE.exec(name);
    if (match?.[1] !== undefined && (match[2] === undefined || !isRunning(match[2])))
      files.push({ name, stem: match[1] });
  }
  return files;
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

export function usedBytes(folder: string): number {
  let bytes = 0;
  for (const name of readdirSync(folder)) {
    bytes += statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** A real folder, not a link, of this user, that nobody else may enter. */
function isSafe(folder: string, uid: number, make: boolean): boolean {
  try {
    if (make) mkdirSync(folder, { recursive: true, mode: 0o700 });
    const stat = lstatSync(folder, { throwIfNoEntry: false });
    if (stat?.isDirectory() !== true || stat.uid !== uid) return false;
    if ((stat.mode & 0o077) !== 0) chmodSync(folder, 0o700);
    return true;
  } catch {
    return false;
  }
}
