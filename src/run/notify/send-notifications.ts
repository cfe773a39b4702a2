import { readFileSync } from "node:fs";
import { parseWaiting, type Waiting } from "./notification.ts";
import { claimNotification, leaveNotification, waitingNotifications } from "./notify-files.ts";
import { postSigned } from "./post-signed.ts";

interface SendOptions {
  readonly folder: string;
  /** Name of this process. */
  readonly owner: string;
  nowMs(): number;
  warn(message: string): void;
}

interface SendResult {
  readonly sent: number;
  readonly kept: number;
}

/** A receiver that has taken nothing for this long is gone. */
const GIVE_UP_AFTER_MS = 3 * 86_400_000;

/** Sends the notifications of a spool folder, each at most once per call. After a failure, others to that host wait. */
export async function sendNotifications(options: SendOptions): Promise<SendResult> {
  const { folder, owner, nowMs, warn } = options;
  const down = new Set<string>();
  let sent = 0;
  let kept = 0;
  for (const name of waitingNotifications(folder)) {
    const path = claimNotification(folder, name, owner);
    if (path === undefined) continue;
    const waiting = parseWaiting(readOrEmpty(path));
    const host = waiting === undefined ? "" : hostOf(waiting.url);
    const result = waiting === undefined ? "it is damaged" : await send(waiting, down.has(host), nowMs);
    const isOver = typeof result === "string";
    if (isOver) warn(`The notification of ${name.slice(0, 26)} is given up: ${result}`);
    if (result === false) down.add(host);
    if (result === true) sent += 1;
    if (result === false) kept += 1;
    leaveNotification(folder, path, result !== false);
  }
  return { sent, kept };
}

/** @returns True: taken. False: to be sent again. A text: why it is given up. */
async function send(waiting: Waiting, isDown: boolean, nowMs: () => number): Promise<boolean | string> {
  const isOld = nowMs() - waiting.atMs > GIVE_UP_AFTER_MS;
  const answer = isDown ? "its host did not answer before" : await postSigned(waiting, nowMs());
  if (typeof answer === "string") return isOld ? `nobody took it for three days (${answer})` : false;
  if (answer >= 200 && answer < 300) return true;
  // These may succeed later: RFC 9110, 15.5.9; RFC 6585, 4; RFC 8470.
  const isFinal = answer < 500 && ![408, 425, 429].includes(answer);
  if (isFinal || isOld) return `${hostOf(waiting.url)} answers with status ${answer}`;
  return false;
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
