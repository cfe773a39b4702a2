import type { Execution } from "../../wire/api.ts";
import { CRI } from "../../wire/cri.ts";

/** A row's facts about an execution's lines. */
export type StoredLines = Pick<Execution, "delivery" | "lines" | "lastN" | "bytes">;

/**
 * The number of fragments in a log of this size, if it holds all lines of an execution whose row in the index is final:
 * lines 1 to the last, in order. Then its sidecar, which takes longer to read than most logs, is not needed. Undefined
 * if the log holds something else.
 */
export function wholeFragments({ delivery, lines, lastN, bytes }: StoredLines, size: number): number | undefined {
  if (delivery !== "complete" || lines !== lastN) return undefined;
  // Each line has a prefix, and a fragment has a line feed that was not printed.
  const fragments = size - bytes - lines * CRI.prefixCharacters;
  return fragments >= 0 && fragments <= lines ? fragments : undefined;
}
