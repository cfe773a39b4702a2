import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { codeOf, type Finding, failed, ok } from "./finding.ts";

const run = promisify(execFile);
const TIMEOUT_MS = 5_000;

/** Whether a folder's file system accepts the ACLs by which users read their own logs. Leaves nothing behind. */
export async function checkAcl(folder: string): Promise<Finding> {
  const what = "ACLs";
  const path = join(folder, `.check-${randomBytes(6).toString("hex")}`);
  try {
    await (await open(path, "wx", 0o600)).close();
  } catch (error) {
    return failed(
      what,
      `cannot create a file in ${folder}: ${codeOf(error)}`,
      "choose another data-dir, or make room there",
    );
  }
  try {
    await run("setfacl", ["--modify", "user:65534:r", path], { timeout: TIMEOUT_MS });
    return ok(what, `${folder} has them`);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return failed(what, "setfacl is not installed", "apt-get install acl");
    const found = `users cannot be given access to their own logs in ${folder}: ${firstLine(error)}`;
    return failed(what, found, "put the data folder on a file system with ACLs (ext4, xfs; not mounted with noacl)");
  } finally {
    await rm(path, { force: true }).catch(() => {});
  }
}

function firstLine(error: unknown): string {
  const text = error instanceof Error && "stderr" in error ? String(error.stderr) : codeOf(error);
  return text.split("\n")[0] ?? "";
}
