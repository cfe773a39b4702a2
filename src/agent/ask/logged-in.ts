import { existsSync } from "node:fs";
import type { AnswerRow } from "../../wire/fleet/answer.ts";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import { toolOutput } from "./tool-output.ts";

const UTMP = "/run/utmp";
/** USER_PROCESS (utmp(5)). */
const OF_USER = "7";
/** utmpdump(1): type, pid, id, user, line, host, address, time. It prints no bracket of a field's text. */
const LINE = /^\[(\d+)\] \[(\d+)\] \[.*?\] \[(.*?) *\] \[(.*?) *\] \[(.*?) *\] \[.*?\] \[(.*?) *\]$/;

/** Who is logged in, the newest first, from where and since when (utmp(5)). A text: this machine does not say. */
export async function readLoggedIn(path = UTMP): Promise<readonly AnswerRow[] | string> {
  if (!existsSync(path)) return `It keeps no list of logins (${path})`;
  const printed = await toolOutput("utmpdump", [path]);
  if (printed === undefined) return "It has no utmpdump, which reads the list of logins";
  const rows = printed.split("\n").flatMap((line) => {
    const [, type, pid = "", user = "", terminal = "", host = "", time = ""] = LINE.exec(line) ?? [];
    // A session that was killed leaves its entry.
    if (type !== OF_USER || !isAlive(Number(pid))) return [];
    // Releases of util-linux before 2.28 print another form.
    const ms = Date.parse(time.replace(",", "."));
    return [
      { user, terminal, from: host, since: Number.isNaN(ms) ? null : new Date(ms).toISOString(), pid: Number(pid) },
    ];
  });
  return rows.sort((a, b) => ((a.since ?? "") > (b.since ?? "") ? -1 : 1)).slice(0, FLEET_LIMITS.maxAnswerRows);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is another user's.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
