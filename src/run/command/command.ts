import type { ChildProcess } from "node:child_process";
import { constants } from "node:os";
import { spawn } from "./spawn.ts";

interface CommandEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface CommandOptions {
  /** At least one word. */
  readonly argv: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly stdout: number;
  readonly stderr: number;
  /** Starts the command in its own session, so that signals reach the whole group. */
  readonly detached: boolean;
}

interface Command {
  /** Undefined if the command could not be started. */
  readonly pid: number | undefined;
  readonly ended: Promise<CommandEnd>;
}

/** Exit codes of shells for a command that is missing, and for one that cannot be run. */
const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;
const SIGNAL_BASE = 128;

/** Starts the command directly, without a shell. */
export function startCommand(options: CommandOptions, onFailure: (message: string) => void): Command {
  const [file = "", ...args] = options.argv;
  const { environment: env, detached, stdout, stderr } = options;
  let child: ChildProcess;
  try {
    child = spawn(file, args, { env, detached, stdio: ["inherit", stdout, stderr] });
  } catch (error) {
    // A word is too long, or contains a NUL byte.
    onFailure(`Cannot run ${file}: ${String(error)}`);
    return { pid: undefined, ended: Promise.resolve({ code: NOT_EXECUTABLE, signal: null }) };
  }
  const ended = new Promise<CommandEnd>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
    child.once("error", (error: NodeJS.ErrnoException) => {
      const missing = error.code === "ENOENT";
      onFailure(`Cannot run ${file}: ${missing ? "not found" : `${error.code ?? error.message}`}`);
      resolve({ code: missing ? NOT_FOUND : NOT_EXECUTABLE, signal: null });
    });
  });
  return { pid: child.pid, ended };
}

export function exitCodeOf(end: CommandEnd): number {
  return end.signal === null ? (end.code ?? 0) : SIGNAL_BASE + constants.signals[end.signal];
}
