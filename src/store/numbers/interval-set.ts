import type { LineRange } from "../../wire/api.ts";
import type { LineNumbers } from "./line-numbers.ts";

/** Line numbers in memory: without disorder one range of any length; each hole adds one more. */
export class IntervalSet implements LineNumbers {
  readonly #from: number[] = [];
  readonly #to: number[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get ranges(): number {
    return this.#from.length;
  }

  get last(): number {
    return this.#to[this.#to.length - 1] ?? 0;
  }

  coversTo(last: number): boolean {
    if (last === 0) return true;
    return this.#from[0] === 1 && (this.#to[0] ?? 0) >= last;
  }

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

  /** The lowest ranges, in order; at most `limit`. */
  first(limit: number): LineRange[] {
    return this.#from.slice(0, limit).map((from, i) => [from, this.#to[i] ?? from]);
  }

  dropFirst(): void {
    const [from = 1, to = 0] = [this.#from.shift(), this.#to.shift()];
    this.#count -= to - from + 1;
  }

  /** Whether `n` is there. */
  has(n: number): boolean {
    return this.missing(n, n).length === 0;
  }

  *entries(): Generator<LineRange> {
    for (let i = 0; i < this.#from.length; i += 1) yield [this.#from[i] ?? 0, this.#to[i] ?? 0];
  }

  release(): void {}

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
