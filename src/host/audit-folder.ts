import { execFile } from "node:child_process";
import { chmodSync, mkdirSync } from "node:fs";
import { promisify } from "node:util";
import type { Log } from "./log.ts";

const run = promisify(execFile);
const SETFACL_WITHIN_MS = 5_000;

/**
 * Lets the members of the administrators' group read the audit records, and nobody else but the service: by a POSIX ACL
 * (acl(5)), because only root could give files to a group of which the service is no member.
 *
 * @param group undefined: nobody, also those who could before.
 * @param signal gives up: the next start does it.
 */
export async function shareAuditFolder(options: {
  readonly folder: string;
  readonly group: string | undefined;
  readonly log: Log;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { folder, group, log, signal } = options;
  const limits = { timeout: SETFACL_WITHIN_MS, signal };
  try {
    mkdirSync(folder, { recursive: true, mode: 0o750 });
    chmodSync(folder, 0o750);
    await run("setfacl", ["--recursive", "--remove-all", folder], limits);
    if (group === undefined) return;
    const entries = `g:${group}:rX,d:u::rwX,d:g::---,d:g:${group}:rX,d:o::---`;
    await run("setfacl", ["--recursive", "--modify", entries, folder], limits);
  } catch (error) {
    // No program to set ACLs, or no file system that has any: none were ever set.
    if (group === undefined || signal.aborted) return;
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const what =
      "administrators cannot read the audit records: install the package acl, and use a file system with ACLs";
    log.event("warning", what, { folder, error: String(code) });
  }
}
