import { closeSync, constants, openSync, readSync } from "node:fs";
import { isUnixName } from "../wire/unix-name.ts";

/** Longer than any name. */
const MAX_BYTES = 1_024;

/** The user whom the node's agent recorded before it had the command stopped; undefined if there was none. */
export function readStopFile(path: string): string | undefined {
  try {
    // A FIFO in the file's place would hold up the END.
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      const bytes = Buffer.alloc(MAX_BYTES);
      const name = bytes.toString("utf8", 0, readSync(fd, bytes)).trim();
      return isUnixName(name) ? name : undefined;
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}
