import type { ChildProcess, SpawnOptions } from "node:child_process";

/** Starts a process. Loads Node's module only now: the logger rarely needs it, and loading takes milliseconds. */
export function spawn(file: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  return process.getBuiltinModule("node:child_process").spawn(file, args, options);
}
