import { closeSync, constants, openSync, rmSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawn } from "./spawn.ts";

/** Both ends of one FIFO, whose name is removed. The holder closes them. */
export interface Fifo {
  readonly readEnd: number;
  readonly writeEnd: number;
}

/** Folders for the FIFOs' short-lived names, in this order; the second if the first is full or read-only. */
const FOLDERS = [tmpdir, () => "/dev/shm"];

/**
 * Creates two FIFOs for the command's stdout and stderr. Not sockets, so that `echo x >/dev/stderr` works in the
 * command; Node cannot create FIFOs itself. Settles when both are open and their names are gone.
 *
 * @param name For the files; nobody else uses it.
 */
export async function makeFifos(name: string): Promise<readonly [Fifo, Fifo]> {
  let failure: unknown;
  for (const folder of FOLDERS) {
    const paths = [join(folder(), `mlrun-${name}.out`), join(folder(), `mlrun-${name}.err`)] as const;
    try {
      await mkfifo(paths);
      return [openAndUnlink(paths[0]), openAndUnlink(paths[1])];
    } catch (error) {
      for (const path of paths) remove(path);
      failure = error;
    }
  }
  throw failure;
}

/** Runs mkfifo(1), which needs no folder of its own: it refuses existing names, and nobody else may open its FIFO. */
function mkfifo(paths: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn("/usr/bin/mkfifo", ["-m", "600", ...paths], { stdio: "ignore", env: {} });
    child.once("error", reject);
    child.once("exit", (code) => (code === 0 ? resolve() : reject(new Error(`mkfifo ended with ${code}`))));
  });
}

/** Removes leftovers of a failed attempt. Where nothing could be created, nothing can be removed either. */
function remove(path: string): void {
  try {
    rmSync(path);
  } catch {
    // The next folder is tried.
  }
}

function openAndUnlink(path: string): Fifo {
  // Without O_NONBLOCK the open would wait for a writer. With a reader in place, the writer's open returns at once.
  const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writeEnd = openSync(path, constants.O_WRONLY);
  unlinkSync(path);
  return { readEnd, writeEnd };
}

export function closeWriteEnds(fifos: readonly Fifo[]): void {
  for (const fifo of fifos) closeSync(fifo.writeEnd);
}
