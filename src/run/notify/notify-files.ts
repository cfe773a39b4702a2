import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isRunning } from "../command/process-name.ts";
import { claimFile, listFolder } from "../waiting-files.ts";
import type { Waiting } from "./notification.ts";

/** Most that wait in one folder: if the receiver is gone for days, further ones are not kept. */
const MAX_FILES = 1_000;

/**
 * Notifications in the spool:
 *
 *     X.WRITER.notify               waits
 *     X.WRITER.OWNER.notify-busy    is being written or sent by that process; waits as well once it is gone
 */
const FILE = /^([0-9A-Z]{26}\.\d+-\d+-\d+)\.(?:notify|(\d+-\d+-\d+)\.notify-busy)$/;

/** Writes a notification. Throws if it cannot be kept. `owner`: name of this process. */
export function keepNotification(
  { folder, x, owner }: { readonly folder: string; readonly x: string; readonly owner: string },
  waiting: Waiting,
): void {
  if (waitingNotifications(folder).length >= MAX_FILES)
    throw new Error(`${MAX_FILES} wait in ${folder}, which is the limit`);
  const busy = join(folder, `${x}.${owner}.${owner}.notify-busy`);
  writeFileSync(busy, JSON.stringify(waiting), { mode: 0o600, flag: "wx" });
  renameSync(busy, join(folder, `${x}.${owner}.notify`));
}

/** Names of notifications that no process is sending, oldest execution first. */
export function waitingNotifications(folder: string): string[] {
  return listFolder(folder).filter((name) => {
    const [whole, , owner] = FILE.exec(name) ?? [];
    return whole !== undefined && (owner === undefined || !isRunning(owner, join(folder, name)));
  });
}

/** Claims one for sending. Undefined: another process was faster. */
export function claimNotification(folder: string, name: string, owner: string): string | undefined {
  const [, stem = ""] = FILE.exec(name) ?? [];
  return claimFile(folder, name, `${stem}.${owner}.notify-busy`);
}

/** Puts a claimed one back for the next flush, or removes it. */
export function leaveNotification(folder: string, path: string, isDone: boolean): void {
  const [, stem = ""] = FILE.exec(path.slice(folder.length + 1)) ?? [];
  if (isDone) rmSync(path, { force: true });
  else renameSync(path, join(folder, `${stem}.notify`));
}
