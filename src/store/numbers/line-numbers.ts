import type { LineRange } from "../../wire/api.ts";

/** Stored line numbers of one execution: disjoint, inclusive ranges. */
export interface LineNumbers {
  /** How many numbers. */
  readonly count: number;
  /** How many ranges they form. */
  readonly ranges: number;
  /** The highest number, 0 for none. */
  readonly last: number;
  /** Whether every number from 1 to `last` is present. */
  coversTo(last: number): boolean;
  /** Adds `from..to`; some may be present already. */
  add(from: number, to: number): void;
  /** The missing parts of `from..to`, in order; at most `limit` of them. */
  missing(from: number, to: number, limit?: number): LineRange[];
  /** All ranges, in order. */
  entries(): Iterable<LineRange>;
  /** Releases resources outside of memory. */
  release(): void;
}
