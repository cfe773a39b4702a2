import type { RunningProcess } from "../support/processes.ts";

/**
 * `[command, ...args]` of a command whose stdout goes to /dev/null, and that says on stderr what processor time it, and
 * all that it started, took.
 */
export function timed(...command: readonly string[]): [string, ...string[]] {
  return ["bash", "-c", 'TIMEFORMAT="cpu %3U %3S"; time "$@" >/dev/null', "bash", ...command];
}

/** Seconds, of what a timed command said. */
export function cpuOf(process: Pick<RunningProcess, "stderr">): number {
  const [, user, system] = /^cpu (\S+) (\S+)$/m.exec(process.stderr().toString()) ?? [];
  return Number(user) + Number(system);
}
