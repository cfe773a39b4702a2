import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { failureCode } from "../disk/storage-error.ts";
import type { OpenPieces } from "./open-pieces.ts";
import { type StoredLines, wholeFragments } from "./whole-fragments.ts";

/**
 * All lines of an execution, without reading its sidecar. Undefined unless its row in the index is final, nothing is
 * missing, and the log is not packed. Throws the file system's error.
 */
export function openWhole(base: string, row: StoredLines): OpenPieces | undefined {
  const fd = openIfThere(`${base}.log`);
  if (fd === undefined) return undefined;
  const { size, mtimeMs: writtenAtMs } = fstatSync(fd);
  const fragments = wholeFragments(row, size);
  if (fragments === undefined) {
    closeSync(fd);
    return undefined;
  }
  const isWhole = fragments === 0 ? { isWhole: true as const } : {};
  return {
    pieces: [{ fd, at: 0, bytes: size, n: 1, ...isWhole }],
    next: undefined,
    writtenAtMs,
    close: () => closeSync(fd),
  };
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (failureCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
