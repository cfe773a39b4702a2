import { execFile } from "node:child_process";
import { lstatSync, rmSync } from "node:fs";
import { connect, type Server } from "node:net";
import { promisify } from "node:util";
import { getent } from "./getent.ts";
import { isMissing } from "./is-missing.ts";

const run = promisify(execFile);
const SETFACL_WITHIN_MS = 5_000;
/** Bits of a socket's mode that umask(2) takes away: connect(2) needs the right to write. */
const UMASK = { owner: 0o177, "owner and group": 0o117 };

interface SocketFile {
  readonly path: string;
  /** Who may connect besides root. The group is the process's own. */
  readonly for: keyof typeof UMASK;
  /** Members of this group may connect as well, by a POSIX ACL (acl(5)): only root could give the file to any group. */
  readonly alsoGroup?: string | undefined;
}

/**
 * Lets a server listen on a unix socket. Replaces the socket of a killed process; one that somebody listens on, and any
 * other file, stays: then it rejects with EADDRINUSE, and otherwise as listen(2) and setfacl(1) fail.
 */
export async function listenOnFile(server: Server, { path, for: users, alsoGroup }: SocketFile): Promise<void> {
  if (isSocket(path) && !(await isServed(path))) rmSync(path, { force: true });
  const listening = new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.once("listening", () => {
      server.off("error", reject);
      resolve();
    });
  });
  const umask = process.umask(UMASK[users]);
  // Binds before it returns, so that the umask applies to nothing else.
  server.listen({ path });
  process.umask(umask);
  await listening;
  if (alsoGroup === undefined) return;
  try {
    await run("setfacl", ["--modify", `g:${alsoGroup}:rw`, path], { timeout: SETFACL_WITHIN_MS });
  } catch (cause) {
    server.close();
    throw new Error(`Cannot let group ${alsoGroup} connect to ${path}: ${await why(cause, alsoGroup)}`, { cause });
  }
}

async function why(error: unknown, group: string): Promise<string> {
  if ((await getent("group", group)).kind === "missing") return "there is no such group (`getent group` lists them)";
  if (isMissing(error)) return "setfacl is missing: install the package acl";
  const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : String(error);
  return `put it on a file system with ACLs, like /run; setfacl says: ${said}`;
}

function isSocket(path: string): boolean {
  try {
    return lstatSync(path).isSocket();
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Anything but a refusal means that somebody may listen there. */
function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ path });
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", (error) => resolve(!("code" in error) || error.code !== "ECONNREFUSED"));
  });
}
