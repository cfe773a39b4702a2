import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Io } from "./command.ts";

/** The person has left the pager: nobody reads the rest. */
class PagerLeft extends Error {}

/**
 * Runs a command whose output a person reads in a pager, as git does: only on a terminal, and not if the person wants
 * none. Resolves with the command's exit code when the pager has ended.
 */
export async function throughPager(io: Io, run: (io: Io) => Promise<number | undefined>): Promise<number | undefined> {
  const { pager, stdout } = io;
  if (pager === undefined || stdout.isTTY !== true) return run(io);
  // Through a shell, as PAGER may have options. It reads the output from stdin.
  const child = spawn("sh", ["-c", pager.command], { stdio: ["pipe", "inherit", "inherit"], env: pager.env });
  const { stdin } = child;
  const ended = once(child, "close").catch(() => undefined);
  let hasLeft = false;
  const leave = (): void => {
    hasLeft = true;
    // The writer that waits for it goes on, and finds that nobody reads.
    stdin.emit("drain");
  };
  stdin.on("error", leave);
  child.on("close", leave);
  const release = pager.holdInterrupts();
  const paged: Io["stdout"] = {
    isTTY: true,
    columns: stdout.columns,
    once: stdin.once.bind(stdin),
    write(text) {
      if (hasLeft) throw new PagerLeft("The pager has ended");
      return stdin.write(text);
    },
  };
  try {
    return await run({ ...io, stdout: paged });
  } catch (error) {
    if (error instanceof PagerLeft) return 0;
    throw error;
  } finally {
    stdin.end();
    await ended;
    release();
  }
}
