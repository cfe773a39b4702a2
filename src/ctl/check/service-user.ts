import { execFile } from "node:child_process";
import { userInfo } from "node:os";
import { promisify } from "node:util";
import { createUserDirectory } from "../../host/users.ts";
import { type Finding, failed, ok, warning } from "./finding.ts";

const run = promisify(execFile);
const ID_WITHIN_MS = 5_000;
const SYSUSERS = "install systemd/marcologger.sysusers and run systemd-sysusers, as systemd/README.md says";

/**
 * Continues as the service's user, for good, so that the tests show what the service may do. Only root can; any other
 * user tests as itself.
 */
export async function becomeServiceUser(name: string): Promise<Finding> {
  const what = "user";
  const user = await createUserDirectory().byName(name);
  if (user === "unavailable") return warning(what, `the user directory does not answer for ${name}`, "try again");
  if (user === undefined) return failed(what, `there is no user ${name}`, SYSUSERS);
  const ownUid = process.getuid?.();
  if (ownUid === user.uid) return ok(what, name);
  if (ownUid !== 0) {
    return warning(what, `tested as ${userInfo().username}, not as ${name}`, "run this as root to test what it may do");
  }
  process.setgroups?.(await groupsOf(user.name));
  process.setgid?.(user.gid);
  process.setuid?.(user.uid);
  return ok(what, name);
}

/** By id(1): Node has no getgrouplist(3). */
async function groupsOf(name: string): Promise<number[]> {
  const { stdout } = await run("id", ["-G", "--", name], { timeout: ID_WITHIN_MS });
  return stdout.trim().split(" ").map(Number);
}
