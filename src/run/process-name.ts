import { readProcess } from "./processes.ts";

/** `PID-START`: a name that no later process can have. */
export function processName(pid: number): string {
  return `${pid}-${readProcess(pid)?.startedAtTicks ?? 0}`;
}

/** Whether the process of that name still runs. */
export function isRunning(name: string): boolean {
  return processName(Number.parseInt(name, 10)) === name && !name.endsWith("-0");
}
