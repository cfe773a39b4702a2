import { closeSync, constants, openSync, readSync } from "node:fs";
import { isUnixName } from "../wire/unix-name.ts";

/** More than the longest name. */
const MAX_BYTES = 1_024;

/** The user whom the node's agent wrote there before it had the command stopped; undefined if it was not asked to. */
export function readStopFile(path: string): string | undefined {
  try {
    // A FIFO in its place would hold up the END.
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
