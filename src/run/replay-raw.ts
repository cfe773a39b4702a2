import { closeSync, constants, openSync, readSync, rmSync } from "node:fs";
import { RUN_LIMITS } from "./limits.ts";
import { RecordReader } from "./output/record-reader.ts";
import { RecordLog, type RecordLogPorts } from "./record-log.ts";
import { claimRaw, setRawAside, waitingRawFiles } from "./spool/raw-files.ts";

interface ReplayOptions extends Pick<RecordLogPorts, "nowUs" | "timers" | "readBegin" | "ownPid" | "warn"> {
  readonly folder: string;
  /** Name of this process. */
  readonly owner: string;
}

/** Logs the raw files that no logger took. @returns Number of executions. */
export async function replayRawFiles(options: ReplayOptions): Promise<number> {
  const { folder, owner, warn } = options;
  let replayed = 0;
  for (const file of waitingRawFiles(folder)) {
    const path = claimRaw(folder, file, owner);
    if (path === undefined) continue;
    try {
      if (await replayRaw(path, options)) {
        rmSync(path, { force: true });
        replayed += 1;
        continue;
      }
      setRawAside(folder, file, path);
      warn(`${file.name} cannot be delivered and is *.raw-damaged now: it does not begin with a BEGIN`);
    } catch (error) {
      // The file is tried again later, and holds up no other.
      warn(`Cannot deliver ${path}: ${String(error)}`);
    }
  }
  return replayed;
}

/**
 * Logs the content of a raw file as the logger would have. Settles when it is handed over, or in the spool.
 *
 * @returns Whether the file may go. False if it has content but no BEGIN that names its execution.
 */
function replayRaw(path: string, options: ReplayOptions): Promise<boolean> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  const replayed = new Promise<boolean>((resolve) => {
    const buffer = Buffer.allocUnsafeSlow(RUN_LIMITS.readBytes);
    const next = (): void => {
      for (;;) {
        const bytes = readSync(fd, buffer);
        // A killed pump has not recorded how the command ended.
        if (bytes === 0) return void log.over();
        if (!log.batch(() => reader.feed(buffer.subarray(0, bytes)))) return;
      }
    };
    const log = new RecordLog({
      ...options,
      beforeFlush: () => {},
      startFlush: () => {
        throw new Error("This is the flush");
      },
      onRoom: () => {
        if (log.batch(() => reader.resume()) && !log.isOver) next();
      },
      onDone: () => resolve(log.hasBegun || reader.octets === 0),
    });
    const reader = new RecordReader(log);
    next();
  });
  return replayed.finally(() => closeSync(fd));
}
