import type { LineRange } from "../../wire/api.ts";
import type { DiskIntervals } from "./disk-intervals.ts";
import type { IntervalSet } from "./interval-set.ts";
import type { LineNumbers } from "./line-numbers.ts";

/**
 * Line numbers on their way from memory to the disk: those below a border are there already. A range may end at the border
 * and continue after it.
 */
export class SplitIntervals implements LineNumbers {
  readonly #low: DiskIntervals;
  readonly #high: IntervalSet;
  /** Numbers from here on are in memory, those below on the disk. */
  #border = 1;

  /** @param low Empty. */
  constructor(low: DiskIntervals, high: IntervalSet) {
    this.#low = low;
    this.#high = high;
  }

  get count(): number {
    return this.#low.count + this.#high.count;
  }

  get ranges(): number {
    return this.#low.ranges + this.#high.ranges - (this.#isJoined ? 1 : 0);
  }

  get last(): number {
    return Math.max(this.#low.last, this.#high.last);
  }

  /** The set on disk, once it has all ranges. */
  get moved(): DiskIntervals | undefined {
    return this.#high.ranges === 0 ? this.#low : undefined;
  }

  /** Moves the lowest ranges that are in memory. Throws SQLite errors, and then has moved none or only the first. */
  move(ranges: number): void {
    const moving = this.#high.first(ranges);
    const [first] = moving;
    // This range continues the last one on disk.
    if (first?.[0] === this.#border) {
      this.#low.add(...first);
      this.#moved(first);
      moving.shift();
    }
    this.#low.append(moving);
    for (const range of moving) this.#moved(range);
  }

  coversTo(last: number): boolean {
    return last === 0 || this.missing(1, last, 1).length === 0;
  }

  add(from: number, to: number): void {
    // The disk first, because it may fail.
    if (from < this.#border) this.#low.add(from, Math.min(to, this.#border - 1));
    if (to >= this.#border) this.#high.add(Math.max(from, this.#border), to);
  }

  missing(from: number, to: number, limit = Number.POSITIVE_INFINITY): LineRange[] {
    const low = from < this.#border ? this.#low.missing(from, Math.min(to, this.#border - 1), limit) : [];
    // The first range after the border may only extend the last one before it.
    const high = to >= this.#border ? this.#high.missing(Math.max(from, this.#border), to, limit + 1) : [];
    return joined(low, high).slice(0, limit);
  }

  entries(): Iterable<LineRange> {
    return joined([...this.#low.entries()], [...this.#high.entries()]);
  }

  release(): void {
    this.#low.release();
  }

  get #isJoined(): boolean {
    return this.#border > 1 && this.#high.has(this.#border);
  }

  #moved([, to]: LineRange): void {
    this.#high.dropFirst();
    this.#border = to + 1;
  }
}

/** Ranges in order, the last of `low` and the first of `high` as one where they meet. */
function joined(low: readonly LineRange[], high: readonly LineRange[]): LineRange[] {
  const [last, first] = [low.at(-1), high[0]];
  if (last === undefined || first === undefined || last[1] + 1 !== first[0]) return [...low, ...high];
  return [...low.slice(0, -1), [last[0], first[1]], ...high.slice(1)];
}
