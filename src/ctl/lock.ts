import { spawn } from "node:child_process";
import { once } from "node:events";
import { CtlError } from "./command.ts";

/**
 * Does something while no other process holds the lock. It is the kernel's (flock(2)), held by a child that ends when
 * this process does, however that happens: no lock is ever left behind.
 *
 * @param path a file for the lock, which is made and stays; or a folder that is there.
 */
export async function withLock<T>(path: string, act: () => Promise<T>): Promise<T> {
  const holder = spawn("flock", [path, "sh", "-c", "echo; cat"], { stdio: ["pipe", "pipe", "inherit"] });
  const cannotLock = (): never => {
    throw new CtlError(`Cannot lock ${path}: flock, a program of util-linux, failed`);
  };
  const ended = once(holder, "close").then(cannotLock, cannotLock);
  // It ends in the end, and that is no failure.
  ended.catch(() => {});
  try {
    await Promise.race([once(holder.stdout, "data"), ended]);
    return await act();
  } finally {
    holder.stdin.end();
  }
}
