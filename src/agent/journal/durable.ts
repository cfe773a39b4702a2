import {
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { isMissing } from "../../host/is-missing.ts";

/** Syncs a folder's entries to disk. */
function syncFolder(path: string): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function writeSynced(path: string, text: string): void {
  rmSync(path, { force: true });
  const fd = openSync(path, "wx", 0o600);
  try {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Makes a record durable: bytes, then name, then folder. It appears with all its bytes or not at all; link(2) never
 * replaces. False if there is one already. `supervise/journal.c` does the same.
 */
export function writeRecord(folder: string, name: string, text: string): boolean {
  const temporary = join(folder, `.${name}.${process.pid}`);
  writeSynced(temporary, text);
  try {
    linkSync(temporary, join(folder, name));
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  } finally {
    unlinkSync(temporary);
  }
  syncFolder(folder);
  return true;
}

/** Replaces a record that may change, durably. */
export function replaceRecord(folder: string, name: string, text: string): void {
  const temporary = join(folder, `.${name}.${process.pid}`);
  writeSynced(temporary, text);
  renameSync(temporary, join(folder, name));
  syncFolder(folder);
}

/**
 * Makes a folder with its first record, as one step: both appear or neither does. False if there is such a folder already
 * (rename(2) replaces none that has something in it).
 */
export function makeFolder(
  { parent, name, scratch }: { readonly parent: string; readonly name: string; readonly scratch: string },
  record: { readonly name: string; readonly text: string },
): boolean {
  const temporary = join(scratch, `${name}.${process.pid}`);
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { mode: 0o700 });
  writeSynced(join(temporary, record.name), record.text);
  syncFolder(temporary);
  try {
    renameSync(temporary, join(parent, name));
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    if (hasCode(error, "ENOTEMPTY") || hasCode(error, "EEXIST")) return false;
    throw error;
  }
  syncFolder(parent);
  return true;
}

/** A record's text; undefined if it does not exist. */
export function readRecord(folder: string, name: string): string | undefined {
  try {
    return readFileSync(join(folder, name), "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
