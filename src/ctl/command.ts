import type { Writable } from "node:stream";
import type { ReadStream } from "node:tty";

/** A command of mlctl: `mlctl NAME ...`. */
export interface Command {
  readonly summary: string;
  /** Printed by `mlctl NAME --help`. */
  readonly help: string;
  /** Exit code of a `CtlError`, if it is not 1. */
  readonly failureCode?: number;
  /**
   * Runs with the arguments after its name. Resolves with the exit code, or with nothing for 0. Throws `UsageError` or
   * `CtlError` for faults that its user can correct.
   */
  run(args: readonly string[], io: Io): Promise<unknown>;
}

/** A terminal, file or pipe to print to. */
interface Printed {
  /** False: the reader is slow; wait for `drain` before more. */
  write(text: string | Uint8Array): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  readonly once?: Writable["once"];
}

/** What a person reads long output with. */
interface Pager {
  /** For a shell. */
  readonly command: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ctrl-C is the pager's until the returned function is called. */
  holdInterrupts(): () => void;
}

/** The process around a command. */
export interface Io {
  readonly stdout: Printed;
  readonly stderr: Printed;
  /** Undefined: there is none. */
  readonly stdin?: ReadStream | undefined;
  /** False: the person wants none (NO_COLOR). */
  readonly hasColours?: boolean | undefined;
  /** For long output on a terminal; undefined: none. */
  readonly pager?: Pager | undefined;
  /** Relative paths start here. */
  readonly cwd: string;
}

/** The command line is right, but the action failed: exit code 1. The message gives the next step. */
export class CtlError extends Error {
  readonly code = "ML_CTL";
}
