import { readFileSync } from "node:fs";
import type { Supervisor } from "../journal/records.ts";

/** Field 22 of /proc/PID/stat, counted from the one after the name (proc(5)). */
const START_TIME = 19;

/** The kernel's name of this boot. */
export function readBoot(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}

/** Whether exactly this process is alive: a pid alone may be another one's by now. */
export function isAlive({ boot, pid, started }: Supervisor, bootNow: string): boolean {
  if (boot !== bootNow) return false;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[START_TIME] === started && fields[0] !== "Z" && fields[0] !== "X";
  } catch {
    return false;
  }
}
