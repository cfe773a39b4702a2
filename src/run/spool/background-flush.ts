import { type ChildProcess, spawn } from "node:child_process";
import { readlinkSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { isRunning } from "../command/process-name.ts";
import { spooledFiles } from "./spool-files.ts";

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
  if (spooledFiles(folder).waiting.length === 0 || !takeLock(folder, owner)) return;
  const release = () => releaseFlush(folder, owner);
  try {
    const child = options.start();
    child.once("error", release);
    child.once("exit", release);
    child.unref();
  } catch {
    // No memory, no processes left: the next one that is there delivers it.
    release();
  }
}

/** The process of that name ends, or its flush has: another one may begin. */
export function releaseFlush(folder: string, owner: string): void {
  if (holder(folder) === owner) rmSync(join(folder, LOCK), { force: true });
}

export function startFlush(program: readonly [string, ...string[]], env: NodeJS.ProcessEnv): ChildProcess {
  const [file, ...args] = program;
  return spawn(file, args, { cwd: "/", env, detached: true, stdio: "ignore" });
}

function takeLock(folder: string, owner: string): boolean {
  const before = holder(folder);
  if (before !== undefined && isRunning(before, join(folder, LOCK))) return false;
  try {
    rmSync(join(folder, LOCK), { force: true });
    // A link comes into being with its content, in one step, and only where nothing is.
    symlinkSync(owner, join(folder, LOCK));
    return true;
  } catch {
    return false;
  }
}

function holder(folder: string): string | undefined {
  try {
    return readlinkSync(join(folder, LOCK));
  } catch {
    return undefined;
  }
}
