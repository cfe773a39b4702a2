import { cleanEnvironment } from "../support/mlrun.ts";
import { program } from "../support/programs.ts";
import { benchFolder } from "./bench-folder.ts";
import { timed } from "./timed-command.ts";

/** For executions whose id must be known beforehand. */
export const EXECUTION_ID = "01JCZZZZZZ0000000000000000";

interface MlrunOptions {
  readonly runDir: string;
  readonly options?: readonly string[];
  readonly command: readonly string[];
}

/** `[command, ...args]` of a timed mlrun. */
export function timedMlrun({ runDir, options = [], command }: MlrunOptions): [string, ...string[]] {
  return timed(...program("mlrun", "--run-dir", runDir, ...options, "--", ...command));
}

/**
 * Environment of measured commands: nothing of the surroundings, a spool of its own. Nothing for Node either: with
 * NODE_EXTRA_CA_CERTS a bare `node -e 0` takes twice its time, and mlrun's does not get it.
 */
export function benchEnvironment(): NodeJS.ProcessEnv {
  const all = Object.entries(cleanEnvironment({ MLRUN_SPOOL_DIR: benchFolder() }));
  return Object.fromEntries(all.filter(([name]) => !name.startsWith("NODE_")));
}
