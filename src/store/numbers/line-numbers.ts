import type { LineRange } from "../../wire/api.ts";

/** Which line numbers of one execution are stored: disjoint, inclusive ranges. */
export interface LineNumbers {
  /** How many numbers. */
  readonly count: number;
  /** How many ranges they form. */
  readonly ranges: number;
  /** The highest number, 0 for none. */
  readonly last: number;
  /** Whether every number from 1 to `last` is there. */
  coversTo(last: number): boolean;
  /** Adds `from..to`, of which some may be there already. */
  add(from: number, to: number): void;
  /** The parts of `from..to` that are not there, in order; at most `limit` of them. */
  missing(from: number, to: number, limit?: number): LineRange[];
  /** All ranges, in order. */
  entries(): Iterable<LineRange>;
  /** Frees what is held outside of memory. */
  release(): void;
}
