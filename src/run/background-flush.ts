import { type ChildProcess, spawn } from "node:child_process";
import { readlinkSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { isRunning } from "./process-name.ts";
import { waitingFiles } from "./spool-files.ts";

/** A link to the name of the process that began a flush. */
const LOCK = "flush.lock";

export interface BackgroundFlushOptions {
  readonly folder: string;
  /** Name of this process. */
  readonly owner: string;
  /** Starts `mlrun --flush`, on its own from then on. */
  start(): ChildProcess;
}

/**
 * Delivers what waits in the spool by another process, which neither delays this one nor ends with it. Does nothing
 * when nothing waits, or when a process that still runs has begun already.
 */
export function flushInBackground(options: BackgroundFlushOptions): void {
  const { folder, owner } = options;
  if (waitingFiles(folder).length === 0) return;
  const lock = join(folder, LOCK);
  if (!takeLock(lock, owner)) return;
  const release = () => rmSync(lock, { force: true });
  const child = options.start();
  child.once("error", release);
  child.once("exit", release);
  child.unref();
}

export function startFlush(program: readonly [string, ...string[]], env: NodeJS.ProcessEnv): ChildProcess {
  const [file, ...args] = program;
  return spawn(file, args, { cwd: "/", env, detached: true, stdio: "ignore" });
}

/** Removes the lock of a process that has gone: its flush went on without it, and nobody else would. */
export function removeStaleLock(folder: string): void {
  const lock = join(folder, LOCK);
  try {
    if (!isRunning(readlinkSync(lock))) rmSync(lock, { force: true });
  } catch {
    // There is none.
  }
}

function takeLock(lock: string, owner: string): boolean {
  removeStaleLock(dirname(lock));
  try {
    // A link comes into being with its content, in one step, and only where nothing is.
    symlinkSync(owner, lock);
    return true;
  } catch {
    return false;
  }
}
