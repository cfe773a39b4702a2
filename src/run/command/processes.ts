import { readdirSync, readFileSync } from "node:fs";

/** One process as /proc/PID/stat shows it (proc_pid_stat(5)). */
interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** CPU time, including children that were waited for. */
  readonly cpuMs: number;
  /** Together with the pid, names this process and no later one. */
  readonly startedAtTicks: number;
}

/** 1000 / USER_HZ, which is 100 on every Linux that Node supports. */
const MS_PER_TICK = 10;

export function readProcess(pid: number): ProcessStat | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined;
  }
  // The name in parentheses may contain parentheses; the third field follows the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const field = (number: number) => Number(fields[number - 3]);
  const cpuTicks = field(14) + field(15) + field(16) + field(17);
  return { pid, parent: field(4), group: field(5), cpuMs: cpuTicks * MS_PER_TICK, startedAtTicks: field(22) };
}

/** The process and all its descendants that are still connected to it. */
export function processTree(root: number): ProcessStat[] {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProcess(Number(name)))
    .filter((process) => process !== undefined);
  const tree = all.filter((process) => process.pid === root);
  // The list grows during the loop, so that children of children are found.
  for (const { pid } of tree) tree.push(...all.filter((process) => process.parent === pid));
  return tree;
}
