import { spawn } from "node:child_process";
import { closeSync, constants, openSync, rmSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Both ends of one FIFO that has no name any more. Whoever has it closes them. */
export interface Fifo {
  readonly readEnd: number;
  readonly writeEnd: number;
}

/** Where the FIFOs have their names for a moment, in this order; the second for a full or read-only first. */
const FOLDERS = [tmpdir, () => "/dev/shm"];

/**
 * Two FIFOs for the command's stdout and stderr. They are no sockets, so that `echo x >/dev/stderr` works in the
 * command, and Node makes none itself. Settles when both are open and their names are gone.
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

/** Needs no folder of its own: mkfifo takes no name that exists, and nobody else may open what it made. */
function mkfifo(paths: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn("/usr/bin/mkfifo", ["-m", "600", ...paths], { stdio: "ignore", env: {} });
    child.once("error", reject);
    child.once("exit", (code) => (code === 0 ? resolve() : reject(new Error(`mkfifo ended with ${code}`))));
  });
}

/** What of a failed attempt may be left. Where nothing could be made, nothing can be removed either. */
function remove(path: string): void {
  try {
    rmSync(path);
  } catch {
    // The next folder is tried.
  }
}

function openAndUnlink(path: string): Fifo {
  // Without O_NONBLOCK the open would wait for a writer; with the reader there, the writer's open returns at once.
  const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writeEnd = openSync(path, constants.O_WRONLY);
  unlinkSync(path);
  return { readEnd, writeEnd };
}

export function closeWriteEnds(fifos: readonly Fifo[]): void {
  for (const fifo of fifos) closeSync(fifo.writeEnd);
}
