import { appendFile, readFile, rename, stat } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { safeJson } from "../../host/safe-text.ts";
import { CtlError, type Io } from "../command.ts";

interface PkiAction {
  readonly action: "init" | "issue" | "revoke" | "renew" | "fleet";
  /** `collector`, `fleet` or the node's. */
  readonly name: string;
}

const FILE = "audit.log";
/** Some tens of thousands of records; then it becomes audit.log.1. */
const MAX_FILE_BYTES = 16_777_216;
/** This process belongs to no login session (proc(5), loginuid). */
const NO_LOGIN_UID = 4_294_967_295;

/**
 * Acts on an authority and records in its folder who did what, when, and the result: audit.log, for its owner alone. If
 * that cannot be written, a message says so, and the action stands.
 *
 * @param act returns the serial numbers that it revoked, if any.
 */
export async function recorded(
  { folder, io, ...action }: PkiAction & { readonly folder: string; readonly io: Io },
  act: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  try {
    const revoked = await act();
    await append(folder, io, { ...action, outcome: "ok", revoked });
    return revoked;
  } catch (error) {
    // Writes nothing into a folder that is missing or is not an authority's.
    const isAuthority = await stat(join(folder, "issued")).catch(() => undefined);
    const reason = error instanceof CtlError ? error.message : String(error);
    if (isAuthority !== undefined) await append(folder, io, { ...action, outcome: "failed", reason });
    throw error;
  }
}

async function append(folder: string, io: Io, what: Readonly<Record<string, unknown>>): Promise<void> {
  const path = join(folder, FILE);
  try {
    const { username, uid } = userInfo();
    const login = Number(await readFile("/proc/self/loginuid", "utf8").catch(() => NO_LOGIN_UID));
    const who = { user: username, uid, ...(login === NO_LOGIN_UID ? {} : { loginUid: login }) };
    const record = { time: new Date().toISOString(), event: "pki", ...who, ...what };
    const size = (await stat(path).catch(() => undefined))?.size ?? 0;
    if (size > MAX_FILE_BYTES) await rename(path, `${path}.1`);
    await appendFile(path, `${safeJson(record)}\n`, { mode: 0o600 });
  } catch (error) {
    io.stderr.write(`Cannot write ${path}: ${error instanceof Error ? error.message : error}\n`);
  }
}
