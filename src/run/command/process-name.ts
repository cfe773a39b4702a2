import { lstatSync, readlinkSync } from "node:fs";
import { readProcess } from "./processes.ts";

/** A process invisible from here counts as running if its file changed within this time. */
const UNSEEN_FOR_MS = 300_000;

/**
 * `PID-START-NAMESPACE`: a name that no later process of this boot gets, in any PID namespace (pid_namespaces(7)):
 * containers may share a spool.
 */
export function processName(pid: number): string {
  return `${pid}-${readProcess(pid)?.startedAtTicks ?? 0}-${ownNamespace()}`;
}

/**
 * Whether the process of that name still runs.
 *
 * @param path A file that it holds. An mlrun that spools changes its file every few seconds, if only by a beat.
 */
export function isRunning(name: string, path: string): boolean {
  const [pid = "", started, namespace] = name.split("-");
  if (namespace !== ownNamespace()) return Date.now() - changedAtMs(path) < UNSEEN_FOR_MS;
  return started !== "0" && processName(Number(pid)) === name;
}

/** Inode number of the PID namespace. 0 if /proc does not belong to this namespace. */
function ownNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? "0";
  } catch {
    return "0";
  }
}

function changedAtMs(path: string): number {
  try {
    return lstatSync(path).ctimeMs;
  } catch {
    return 0;
  }
}
