import type { Execution, LineRange } from "../../../../src/wire/api.ts";

/**
 * Which lines of one execution a window covers: everything that is stored of `from` to `to` is held, so what is not
 * there within is a hole. Empty while `to` is below `from`.
 */
export interface Coverage {
  from: number;
  to: number;
  /** Times of the first and the last line that is covered, or that was let go at this end. */
  firstTime: string;
  lastTime: string;
}

/** Nothing is covered yet; it will be from line `from` on, which was printed at about `time`. */
export function emptyCoverage(from: number, time = ""): Coverage {
  return { from, to: from - 1, firstTime: time, lastTime: time };
}

/** What of `range` is in none of `listed`, in order. */
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

/** The first n at or above `n` that is in no missing range of the execution's summary. */
export function skipMissing(n: number, { missing }: Pick<Execution, "missing">): number {
  const hole = missing.find(([from, to]) => from <= n && n <= to);
  return hole === undefined ? n : hole[1] + 1;
}

/** The last n at or below `n` that is in no missing range; 0 where there is none. */
export function skipMissingBack(n: number, { missing }: Pick<Execution, "missing">): number {
  const hole = missing.find(([from, to]) => from <= n && n <= to);
  return hole === undefined ? n : hole[0] - 1;
}
