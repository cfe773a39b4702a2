import { closeSync, constants, fstatSync, openSync } from "node:fs";
import type { Execution } from "../../wire/api.ts";
import { CRI } from "../../wire/cri.ts";
import { failureCode } from "../disk/storage-error.ts";
import type { OpenPieces } from "./open-pieces.ts";

/**
 * All lines of an execution whose row in the index is final and says that nothing is missing: then they are lines 1 to
 * the last of its log, and its sidecar need not be read, which takes longer than most logs. Undefined if it is not so, or
 * its log is packed. Throws the file system's error.
 */
export function openWhole(base: string, { delivery, lines, lastN, bytes }: Execution): OpenPieces | undefined {
  if (delivery !== "complete" || lines !== lastN) return undefined;
  const fd = openIfThere(`${base}.log`);
  if (fd === undefined) return undefined;
  const { size, mtimeMs: writtenAtMs } = fstatSync(fd);
  // Each line has a prefix, and a fragment has a line feed that was not printed.
  const least = bytes + lines * CRI.prefixCharacters;
  if (size < least || size > least + lines) {
    closeSync(fd);
    return undefined;
  }
  const isWhole = size === least ? { isWhole: true as const } : {};
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
