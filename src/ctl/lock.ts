import { spawn } from "node:child_process";
import { once } from "node:events";
import { CtlError } from "./command.ts";

/**
 * Acts while no other process holds the lock. It is the kernel's (flock(2)), held by a child that ends with this
 * process in any case: no lock is ever left behind.
 *
 * @param path a file for the lock, which is created and stays; or an existing folder.
 */
export async function withLock<T>(path: string, act: () => Promise<T>): Promise<T> {
  const holder = spawn("flock", [path, "sh", "-c", "echo; cat"], { stdio: ["pipe", "pipe", "inherit"] });
  const cannotLock = (): never => {
    throw new CtlError(`Cannot lock ${path}: flock, a program of util-linux, failed`);
  };
  const ended = once(holder, "close").then(cannotLock, cannotLock);
  // It is ended below, which is no failure.
  ended.catch(() => {});
  try {
    await Promise.race([once(holder.stdout, "data"), ended]);
    return await act();
  } finally {
    holder.stdin.end();
  }
}
