import { readFileSync } from "node:fs";

/** A step of mlagent-root, or of a program that it starts: the first `linkat` is `linkat.1`. */
export interface Moment {
  readonly program: "node" | "mlsupervise";
  readonly at: string;
  readonly when: "before" | "after";
}

/** Refused: the journal was made after the order, because its maker was killed before. */
export const FINAL = ["finished", "failed", "unknown", "refused"] as const;

/** Steps so far, by the log of the library `kill-at`. */
export function callsIn(log: string): string[] {
  try {
    return readFileSync(log, "utf8").trimEnd().split("\n");
  } catch {
    return [];
  }
}
