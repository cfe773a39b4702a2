import type { ChildProcess } from "node:child_process";
import { readlinkSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { isRunning } from "../command/process-name.ts";
import { spawn } from "../command/spawn.ts";
import { waitingNotifications } from "../notify/notify-files.ts";
import { waitingRawFiles } from "./raw-files.ts";
import { spooledFiles } from "./spool-files.ts";

/** Symbolic link whose target is the name of the process that started a flush. */
const LOCK = "flush.lock";

export interface BackgroundFlushOptions {
  readonly folder: string;
  /** Name of this process. */
  readonly owner: string;
  /** Starts `mlrun --flush`, which is independent from then on. */
  start(): ChildProcess;
}

/**
 * Starts another process that delivers the spool; it neither delays this one nor ends with it. Does nothing if the spool
 * is empty or a running process has already started a flush.
 */
export function flushInBackground(options: BackgroundFlushOptions): void {
  const { folder, owner } = options;
  const isEmpty =
    spooledFiles(folder).waiting.length === 0 &&
    waitingRawFiles(folder).length === 0 &&
    waitingNotifications(folder).length === 0;
  if (isEmpty || !takeLock(folder, owner)) return;
  const release = () => releaseFlush(folder, owner);
  try {
    const child = options.start();
    child.once("error", release);
    child.once("exit", release);
    child.unref();
  } catch {
    // Memory or processes have run out: the next mlrun delivers the spool.
    release();
  }
}

/** Lets others start a flush after `owner`, or its flush, has ended. */
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
    // symlink(2) creates name and content in one step, and fails if the name exists.
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
