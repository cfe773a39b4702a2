import type { NumberedLog } from "../execution/numbered-log.ts";
import type { LogFile } from "../execution/open-logs.ts";

/** A log, and the places in it at which a time or a number is known. */
export type MarkedLog = LogFile & Pick<NumberedLog, "size" | "bracketOf" | "numberBefore" | "numberBehind">;

/** Bytes from a place to the nearest one whose line number is known. */
export function bytesToKnown(log: MarkedLog, at: number): number {
  const behind = log.numberBehind(at)?.at ?? Number.POSITIVE_INFINITY;
  return Math.min(at - log.numberBefore(at).at, behind - at);
}
