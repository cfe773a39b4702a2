import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

const TICKS_PER_SECOND = 100;
const ASK_EVERY_MS = 1;

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

/** Waits until something is so, asked every millisecond: what is timed must not wait for the next look. */
export async function until(what: string, isSo: () => boolean, withinMs = 120_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`Waited ${withinMs} ms in vain: ${what}`);
    await delay(ASK_EVERY_MS);
  }
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[middle - (sorted.length % 2 === 0 ? 1 : 0)] ?? 0, sorted[middle] ?? 0];
  return { median: (low + high) / 2, min: sorted[0] ?? 0, max: sorted[sorted.length - 1] ?? 0 };
}

/** The value below which this share (0 to 1) of all values lies. NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
