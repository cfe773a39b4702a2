import type { LineRange } from "../wire/api.ts";
import type { IntervalDb } from "./disk-intervals.ts";
import { IntervalSet } from "./interval-set.ts";
import type { LineNumbers } from "./line-numbers.ts";

/** Where executions keep more ranges than memory may hold. */
export interface IntervalSpill {
  readonly maxRangesInMemory: number;
  readonly db: IntervalDb;
}

/**
 * Line numbers in memory while they form few ranges (in order: one), on disk beyond that, and in memory again once the
 * holes are filled: bounded memory for de-duplication, whatever the disorder.
 */
export class SpillingIntervals implements LineNumbers {
  readonly #spill: IntervalSpill;
  #numbers: LineNumbers = new IntervalSet();
  #isOnDisk = false;

  constructor(spill: IntervalSpill) {
    this.#spill = spill;
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
    return this.#isOnDisk;
  }

  coversTo(last: number): boolean {
    return this.#numbers.coversTo(last);
  }

  add(from: number, to: number): void {
    this.#numbers.add(from, to);
    const { maxRangesInMemory, db } = this.#spill;
    if (!this.#isOnDisk && this.#numbers.ranges > maxRangesInMemory) this.#moveTo(db.create(), true);
    else if (this.#isOnDisk && this.#numbers.ranges < maxRangesInMemory / 2) this.#moveTo(new IntervalSet(), false);
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

  #moveTo(target: LineNumbers, isOnDisk: boolean): void {
    for (const [low, high] of this.#numbers.entries()) target.add(low, high);
    this.#numbers.release();
    this.#numbers = target;
    this.#isOnDisk = isOnDisk;
  }
}
