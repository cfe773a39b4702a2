import { execFile } from "node:child_process";
import { chmodSync, mkdirSync } from "node:fs";
import { promisify } from "node:util";
import { getent } from "./getent.ts";
import type { Log } from "./log.ts";

const run = promisify(execFile);
const SETFACL_WITHIN_MS = 5_000;

/**
 * Lets only the service and the members of the administrators' group read the audit records, by a POSIX ACL (acl(5)):
 * only root could give files to a group that the service does not belong to.
 *
 * @param group undefined removes earlier access: only the service can read.
 * @param signal gives up; the next start tries again.
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
    // Without setfacl or a file system with ACLs, none were ever set.
    if (group === undefined || signal.aborted) return;
    const next = await nextStep(error, group);
    log.event("warning", "administrators cannot read the audit records", { folder, group, next });
  }
}

async function nextStep(error: unknown, group: string): Promise<string> {
  if ((await getent("group", group)).kind === "missing") {
    return "there is no such group: correct admin-group, then restart (`getent group` lists them)";
  }
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "setfacl is missing: install the package acl, then restart";
  const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : String(error);
  return `use a file system with ACLs for data-dir, then restart; setfacl says: ${said}`;
}
