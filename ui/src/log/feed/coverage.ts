import type { Execution, LineRange } from "../../../../src/wire/api.ts";

/**
 * The lines of one execution that a window covers: it holds everything stored from `from` to `to`, so a gap within
 * is a hole. Empty while `to` is below `from`.
 */
export interface Coverage {
  from: number;
  to: number;
  /** Times of the first and the last line covered, or dropped at this end. */
  firstTime: string;
  lastTime: string;
  /** Lines before `from` were held once, and none of them is later than `firstTime`. */
  isStartKnown: boolean;
}

/** Starts empty at line `from`, printed at about `time`. */
export function emptyCoverage(from: number, time = ""): Coverage {
  return { from, to: from - 1, firstTime: time, lastTime: time, isStartKnown: false };
}

/** The parts of `range` outside all of `listed`, in order. */
export function subtractRanges([from, to]: LineRange, listed: readonly LineRange[]): LineRange[] {
  const rest: LineRange[] = [];
  let at = from;
  for (const [start, end] of [...listed].sort((a, b) => a[0] - b[0])) {
    if (end < at || start > to) continue;
    if (start > at) rest.push([at, start - 1]);
    at = end + 1;
  }
  if (at <= to) rest.push([at, to]);
  return rest;
}

/** The first n at or above `n` outside the summary's missing ranges. */
export function skipMissing(n: number, { missing }: Pick<Execution, "missing">): number {
  const hole = missing.find(([from, to]) => from <= n && n <= to);
  return hole === undefined ? n : hole[1] + 1;
}

/** The last n at or below `n` outside the missing ranges, else 0. */
export function skipMissingBack(n: number, { missing }: Pick<Execution, "missing">): number {
  const hole = missing.find(([from, to]) => from <= n && n <= to);
  return hole === undefined ? n : hole[0] - 1;
}
