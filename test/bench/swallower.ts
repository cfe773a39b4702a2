import { join } from "node:path";
import { type RunningProcess, start } from "../support/processes.ts";
import { ROOT } from "../support/programs.ts";
import { benchFolder } from "./bench-folder.ts";

const PROGRAM = join(ROOT, "test/bench/programs/swallow.py");

interface Swallower {
  /** Holds mlrun.sock, and plain.sock for programs that do not speak to a gate. */
  readonly runDir: string;
  readonly process: RunningProcess;
}

/** A relay that takes everything at once and keeps nothing. */
export async function startSwallower(): Promise<Swallower> {
  const runDir = benchFolder();
  const process = start("python3", [PROGRAM, runDir]);
  await process.waitFor(/ready/);
  return { runDir, process };
}
