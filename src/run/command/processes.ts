import { readdirSync, readFileSync } from "node:fs";

/** One process as /proc/PID/stat shows it (proc_pid_stat(5)). */
export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** CPU time, children that were waited for included. */
  readonly cpuMs: number;
  /** With the pid, names this process and no later one with the same pid. */
  readonly startedAtTicks: number;
}

/** USER_HZ: 100 on every Linux that Node runs on. */
const MS_PER_TICK = 10;

export function readProcess(pid: number): ProcessStat | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined;
  }
  // The name in parentheses may hold anything, parentheses too; the third field follows the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const field = (number: number) => Number(fields[number - 3]);
  const cpuTicks = field(14) + field(15) + field(16) + field(17);
  return { pid, parent: field(4), group: field(5), cpuMs: cpuTicks * MS_PER_TICK, startedAtTicks: field(22) };
}

/** The process and all that descend from it, as far as they still hang together. */
export function processTree(root: number): ProcessStat[] {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProcess(Number(name)))
    .filter((process) => process !== undefined);
  const tree = all.filter((process) => process.pid === root);
  // The list grows while it is walked: children of children are found in turn.
  for (const { pid } of tree) tree.push(...all.filter((process) => process.parent === pid));
  return tree;
}
