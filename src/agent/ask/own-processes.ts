import { readdir, readFile } from "node:fs/promises";
import type { AnswerRow } from "../../wire/fleet/answer.ts";
import type { Asked } from "./asked.ts";

/** Most processes listed, busiest first: with their command lines they always fit an answer. */
const MOST_PROCESSES = 64;
const MOST_COMMAND_CHARACTERS = 200;
/** USER_HZ of Linux (proc_pid_stat(5)): 100 on all of its 64-bit architectures. */
const TICKS_A_SECOND = 100;

/** The processes of the user who asks, or those of them with this name; never anybody else's. */
export async function readProcesses({ uid, args: [name] }: Asked): Promise<readonly AnswerRow[]> {
  const rows: (AnswerRow & { readonly cpuSeconds: number })[] = [];
  for (const pid of await readdir("/proc")) {
    const row = /^\d+$/.test(pid) ? await readProcess(pid, uid) : undefined;
    if (row !== undefined && (name === undefined || row.name === name)) rows.push(row);
  }
  return rows.sort((a, b) => b.cpuSeconds - a.cpuSeconds).slice(0, MOST_PROCESSES);
}

/** Undefined if the process is another user's or has ended meanwhile. */
async function readProcess(
  pid: string,
  uid: number,
): Promise<{ readonly cpuSeconds: number; readonly name: string } | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    const field = (key: string): string => new RegExp(`^${key}:\\s*(.*)$`, "m").exec(status)?.[1] ?? "";
    if (Number(field("Uid").split(/\s/, 1)[0]) !== uid) return undefined;
    const [stat, command] = await Promise.all([
      readFile(`/proc/${pid}/stat`, "utf8"),
      readFile(`/proc/${pid}/cmdline`, "utf8"),
    ]);
    // The name before it may hold spaces and parentheses.
    const numbers = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = Number(numbers[11]) + Number(numbers[12]);
    // NUL ends each word. Twice as many units hold enough characters, whatever is cut at their end.
    const words = command
      .slice(0, 2 * MOST_COMMAND_CHARACTERS)
      .replace(/\p{Cc}/gu, " ")
      .trimEnd();
    const row = {
      pid: Number(pid),
      name: field("Name"),
      state: field("State").slice(0, 1),
      cpuSeconds: ticks / TICKS_A_SECOND,
      memoryBytes: Number.parseInt(field("VmRSS") || "0", 10) * 1_024,
      threads: Number(field("Threads")),
      command: [...words].slice(0, MOST_COMMAND_CHARACTERS).join(""),
    };
    return row;
  } catch {
    return undefined;
  }
}
