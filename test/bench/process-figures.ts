import { readdirSync, readFileSync } from "node:fs";

const TICKS_PER_SECOND = 100;

/** Seconds of processor time, user and system, that a process and its threads have used so far, to 10 ms. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The command's name may hold spaces: fields are counted from behind its parenthesis (proc(5): utime is field 14).
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** The same to the nanosecond, of the threads that live: for processes like node that keep theirs. */
export function threadCpuSeconds(pid: number): number {
  const folder = `/proc/${pid}/task`;
  const stats = readdirSync(folder).map((thread) => readFileSync(`${folder}/${thread}/schedstat`, "utf8"));
  return stats.reduce((sum, stat) => sum + Number(stat.split(" ")[0]), 0) / 1e9;
}

/** Peak resident memory of a process, MiB. */
export function peakMemoryMiB(pid: number): number {
  return memoryMiB(pid, "VmHWM");
}

export function residentMemoryMiB(pid: number): number {
  return memoryMiB(pid, "VmRSS");
}

function memoryMiB(pid: number, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const match = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status);
  return Number(match?.[1] ?? Number.NaN) / 1024;
}
