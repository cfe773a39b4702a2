import type { LineRange } from "../../wire/api.ts";
import type { IntervalDb } from "./disk-intervals.ts";
import { IntervalSet } from "./interval-set.ts";
import type { LineNumbers } from "./line-numbers.ts";
import { SplitIntervals } from "./split-intervals.ts";

/** Ranges moved with each one added: thousands at once would block the event loop too long. */
const MOVED_AT_ONCE = 4;

/** Where executions keep more ranges than memory may hold. */
export interface IntervalSpill {
  readonly maxRangesInMemory: number;
  readonly db: IntervalDb;
}

/**
 * Line numbers in memory while they form few ranges (in order: one), on disk beyond that, and back in memory once the
 * holes are filled: de-duplication in bounded memory, for any disorder.
 */
export class SpillingIntervals implements LineNumbers {
  readonly #spill: IntervalSpill;
  #numbers: LineNumbers = new IntervalSet();
  #movesAt: number;

  constructor(spill: IntervalSpill) {
    this.#spill = spill;
    this.#movesAt = spill.maxRangesInMemory;
  }

  get count(): number {
    return this.#numbers.count;
  }
  get ranges(): number {
    return this.#numbers.ranges;
  }
  get last(): number {
    return this.#numbers.last;
  }
  get isOnDisk(): boolean {
    return !(this.#numbers instanceof IntervalSet);
  }

  coversTo(last: number): boolean {
    return this.#numbers.coversTo(last);
  }

  add(from: number, to: number): void {
    const { maxRangesInMemory, db } = this.#spill;
    try {
      this.#numbers.add(from, to);
    } catch {
      // The disk is full, but the lines are stored, so their numbers must be known.
      this.#moveToMemory();
      this.#movesAt = this.#numbers.ranges * 2;
      this.#numbers.add(from, to);
    }
    if (this.#numbers instanceof IntervalSet && this.#numbers.ranges > this.#movesAt) {
      this.#numbers = new SplitIntervals(db.create(), this.#numbers);
    }
    if (this.#numbers instanceof SplitIntervals && this.#numbers.ranges > this.#movesAt) this.#moveSome(this.#numbers);
    else if (this.isOnDisk && this.#numbers.ranges < maxRangesInMemory / 2) this.#moveToMemory();
  }

  #moveSome(split: SplitIntervals): void {
    try {
      split.move(MOVED_AT_ONCE);
      this.#movesAt = 0;
      this.#numbers = split.moved ?? split;
    } catch {
      // Does not retry with every line: a full disk stays full for a while.
      this.#movesAt = split.ranges * 2;
    }
  }

  missing(from: number, to: number, limit?: number): LineRange[] {
    return this.#numbers.missing(from, to, limit);
  }

  entries(): Iterable<LineRange> {
    return this.#numbers.entries();
  }

  release(): void {
    this.#numbers.release();
  }

  #moveToMemory(): void {
    const target = new IntervalSet();
    for (const [low, high] of this.#numbers.entries()) target.add(low, high);
    this.release();
    this.#numbers = target;
    this.#movesAt = this.#spill.maxRangesInMemory;
  }
}
