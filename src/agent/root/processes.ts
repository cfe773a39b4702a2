import { existsSync, readFileSync, readlinkSync } from "node:fs";
import type { Supervisor } from "../journal/records.ts";

/** Field 22 of /proc/PID/stat, counted from the one after the name (proc(5)). */
const START_TIME = 19;

/** The kernel's name of this boot. */
export function readBoot(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}

/** Whether exactly this process or unit is alive: its pid may have been reused. */
export function isAlive(supervisor: Supervisor, bootNow: string): boolean {
  if (supervisor.boot !== bootNow) return false;
  if ("unit" in supervisor) return isInvoked(supervisor);
  const { pid, started } = supervisor;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[START_TIME] === started && fields[0] !== "Z" && fields[0] !== "X";
  } catch {
    return false;
  }
}

/** systemd keeps a link for each active unit. A D-Bus call could hang. */
function isInvoked({ unit, invocation }: { readonly unit: string; readonly invocation: string }): boolean {
  try {
    return readlinkSync(`/run/systemd/units/invocation:${unit}`) === invocation;
  } catch {
    return false;
  }
}

/** Whether systemd is process 1 (sd_booted(3)). */
export function isSystemdBooted(): boolean {
  return existsSync("/run/systemd/system");
}
