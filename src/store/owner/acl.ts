import { execFile } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { RESERVED } from "../disk/log-path.ts";
import { failureCode, messageOf } from "../disk/storage-error.ts";

const run = promisify(execFile);
const FOLDER_WITHIN_MS = 5_000;
/** Enough for a day of a hundred thousand executions. */
const TREE_WITHIN_MS = 600_000;
const MAX_OUTPUT_BYTES = 16 * 1_048_576;
/** A uid that owns nothing, to test whether ACLs work. */
const NOBODY = 65_534;

/** Lets one user read a folder and, by its default ACL (acl(5)), everything created in it; others nothing. */
export async function letRead(path: string, uid: number): Promise<void> {
  const reads = `u:${uid}:r-x`;
  const entries = `${reads},g::---,o::---,d:u::rwx,d:${reads},d:g::---,d:o::---`;
  await run("setfacl", ["-m", entries, path], { timeout: FOLDER_WITHIN_MS });
}

/** The same for a folder and its existing content. */
export async function letReadTree(path: string, uid: number): Promise<void> {
  const entries = `u:${uid}:rX,g::---,o::---,d:u::rwx,d:u:${uid}:r-x,d:g::---,d:o::---`;
  await run("setfacl", ["-R", "-P", "-m", entries, path], { timeout: TREE_WITHIN_MS });
}

/** Users named by the ACL of each folder, besides its owner. Missing folders are left out. */
export async function readersOf(paths: readonly string[]): Promise<ReadonlyMap<string, readonly number[]>> {
  const options = { timeout: TREE_WITHIN_MS, maxBuffer: MAX_OUTPUT_BYTES };
  const { stdout } = await run("getfacl", ["-n", "-p", "--", ...paths], options).catch((error) => {
    // getfacl reports missing folders and continues.
    if (typeof error?.stdout === "string" && error.code === 1) return { stdout: error.stdout };
    throw error;
  });
  const readers = new Map<string, readonly number[]>();
  for (const text of stdout.split("\n\n")) {
    const [, path] = /^# file: (.*)$/m.exec(text) ?? [];
    if (path !== undefined)
      readers.set(
        path,
        [...text.matchAll(/^user:(\d+):r/gm)].map(([, uid]) => Number(uid)),
      );
  }
  return readers;
}

/** Rejects with the next step if users cannot be given access to their logs below a folder. */
export async function requireAcls(logsDir: string): Promise<void> {
  const probe = join(logsDir, `${RESERVED.probe}-acl`);
  rmSync(probe, { recursive: true, force: true });
  mkdirSync(probe, { mode: 0o700 });
  try {
    await letRead(probe, NOBODY);
  } catch (error) {
    const cause =
      failureCode(error) === "ENOENT"
        ? "setfacl is missing: install the package acl"
        : `setfacl fails: put data-dir on a file system with ACLs (${messageOf(error).trim()})`;
    throw new Error(`Cannot let users read their logs: ${cause}, then start again`, { cause: error });
  } finally {
    rmSync(probe, { recursive: true, force: true });
  }
}
