import { formatTimestamp } from "../frame/timestamp.ts";
import type { End } from "../wire/end.ts";
import type { BeginFields } from "./begin-fields.ts";
import { notificationBody } from "./notify/notification.ts";
import { keepNotification } from "./notify/notify-files.ts";
import { readSecret } from "./notify/secret.ts";
import { openSpoolFolder } from "./spool/spool-folder.ts";

interface NotifyEndPorts {
  /** Name of this process. */
  readonly owner: string;
  nowMs(): number;
  warn(message: string): void;
}

/**
 * Leaves the notification of an execution's end in the spool, if `--notify` asks for one. A flush sends it: the pump
 * becomes one, so that nobody waits for the receiver.
 */
export function notifyEnd(begin: BeginFields, end: End, { owner, nowMs, warn }: NotifyEndPorts): void {
  const { notify, startedUs } = begin;
  if (notify === undefined) return;
  const { url, secretFile, viewer } = notify;
  const { fault } = readSecret(secretFile);
  if (fault !== undefined) warn(`The notification is not signed: ${fault}`);
  const folder = openSpoolFolder(begin.spool);
  try {
    if (folder === undefined) throw new Error("there is no folder to spool to");
    const body = notificationBody({ ...begin, startedAt: formatTimestamp(startedUs), end }, viewer);
    keepNotification({ folder, x: begin.x, owner }, { url, secretFile, atMs: nowMs(), body });
  } catch (error) {
    warn(`Nobody is notified: ${error instanceof Error ? error.message : String(error)}`);
  }
}
