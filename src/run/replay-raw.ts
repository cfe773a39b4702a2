import { closeSync, constants, openSync, readSync } from "node:fs";
import { RUN_LIMITS } from "./limits.ts";
import { RecordReader } from "./output/record-reader.ts";
import { RecordLog, type RecordLogPorts } from "./record-log.ts";

export type ReplayOptions = Pick<RecordLogPorts, "nowUs" | "readBegin" | "ownPid" | "startFlush" | "warn">;

/** Logs the content of a raw file as the logger would have. Settles when it is handed over, or in the spool. */
export function replayRaw(path: string, options: ReplayOptions): Promise<void> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  const replayed = new Promise<void>((resolve) => {
    const buffer = Buffer.allocUnsafeSlow(RUN_LIMITS.readBytes);
    const next = (): void => {
      for (;;) {
        const bytes = readSync(fd, buffer);
        // A killed pump did not write how the command ended.
        if (bytes === 0) return void log.over();
        if (!reader.feed(buffer.subarray(0, bytes))) return;
      }
    };
    const log = new RecordLog({
      ...options,
      beforeFlush: () => {},
      onRoom: () => {
        if (reader.resume() && !log.isOver) next();
      },
      onDone: resolve,
    });
    const reader = new RecordReader(log);
    next();
  });
  return replayed.finally(() => closeSync(fd));
}
