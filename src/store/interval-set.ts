import type { LineRange } from "../wire/api.ts";

/**
 * Which line numbers of one execution are stored: sorted, disjoint, inclusive ranges.
 *
 * In order it is one range, whatever the length. Each hole costs one more; the caller bounds their number.
 */
export class IntervalSet {
  readonly #from: number[] = [];
  readonly #to: number[] = [];
  #count = 0;

  /** How many numbers are in the set. */
  get count(): number {
    return this.#count;
  }

  /** How many ranges they form. */
  get ranges(): number {
    return this.#from.length;
  }

  /** The highest number, 0 for an empty set. */
  get last(): number {
    return this.#to[this.#to.length - 1] ?? 0;
  }

  /** Whether every number from 1 to `last` is there. */
  coversTo(last: number): boolean {
    if (last === 0) return true;
    return this.#from[0] === 1 && (this.#to[0] ?? 0) >= last;
  }

  /** Adds `from..to`, of which some may be there already. */
  add(from: number, to: number): void {
    const tail = this.#to.length - 1;
    if (tail >= 0 && this.#to[tail] === from - 1) {
      this.#to[tail] = to;
      this.#count += to - from + 1;
      return;
    }
    let first = this.#indexEndingAtOrAfter(from - 1);
    let low = from;
    let high = to;
    let past = first;
    while (past < this.#from.length && (this.#from[past] ?? 0) <= to + 1) {
      low = Math.min(low, this.#from[past] ?? low);
      high = Math.max(high, this.#to[past] ?? high);
      this.#count -= (this.#to[past] ?? 0) - (this.#from[past] ?? 0) + 1;
      past += 1;
    }
    first = Math.min(first, past);
    this.#from.splice(first, past - first, low);
    this.#to.splice(first, past - first, high);
    this.#count += high - low + 1;
  }

  /** The parts of `from..to` that are not there, in order; at most `limit` of them. */
  missing(from: number, to: number, limit = Number.POSITIVE_INFINITY): LineRange[] {
    const holes: LineRange[] = [];
    let next = from;
    for (let i = this.#indexEndingAtOrAfter(from); next <= to && holes.length < limit; i += 1) {
      const start = this.#from[i] ?? to + 1;
      if (start > next) holes.push([next, Math.min(start - 1, to)]);
      next = Math.max(next, (this.#to[i] ?? to) + 1);
    }
    return holes;
  }

  /** First range that ends at `n` or later. */
  #indexEndingAtOrAfter(n: number): number {
    let low = 0;
    let high = this.#to.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#to[middle] ?? 0) < n) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
