/** A command of mlctl: `mlctl NAME ...`. */
export interface Command {
  readonly summary: string;
  /** Printed by `mlctl NAME --help`. */
  readonly help: string;
  /** Runs with the arguments after its name. Throws `UsageError` or `CtlError` for faults that its user can correct. */
  run(args: readonly string[], io: Io): Promise<void>;
}

/** The process around a command. */
export interface Io {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  /** Relative paths start here. */
  readonly cwd: string;
}

/** The command line is right, but the action failed: exit code 1. The message gives the next step. */
export class CtlError extends Error {
  readonly code = "ML_CTL";
}
