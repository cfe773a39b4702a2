/** The order of rows: by n (one execution) or by time (a job). */
export type RowOrder = "n" | "time";

export interface RowPlace {
  readonly source: number;
  readonly n: number;
  readonly time: string;
}

/** Compares rows, and holes, which take the place of the row behind them. */
export function compareRows(order: RowOrder): (a: RowPlace, b: RowPlace) => number {
  return order === "n" ? byNumber : byTime;
}

function byNumber(a: RowPlace, b: RowPlace): number {
  return a.n - b.n;
}

function byTime(a: RowPlace, b: RowPlace): number {
  return a.time === b.time ? a.source - b.source || a.n - b.n : a.time < b.time ? -1 : 1;
}
