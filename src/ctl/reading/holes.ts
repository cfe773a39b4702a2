import type { LineRange } from "../../wire/api.ts";

/** Of one execution: the oldest are forgotten first, and lines that fill them are not shown. */
const MAX_HOLES = 1_000;

/** Numbers below the next one of which no line has come: one may still come late. Every other has been shown. */
export class Holes {
  #ranges: LineRange[] = [];

  /** @param ranges Higher than all others, and in order. */
  add(...ranges: readonly LineRange[]): void {
    this.#ranges.push(...ranges);
    this.#forgetOldest();
  }

  /** A line has come. False: not into a hole. */
  fill(n: number): boolean {
    const at = this.#ranges.findIndex(([from, to]) => from <= n && n <= to);
    const [from, to] = this.#ranges[at] ?? [0, 0];
    if (at < 0) return false;
    const left: LineRange[] = [
      [from, n - 1],
      [n + 1, to],
    ];
    this.#ranges.splice(at, 1, ...left.filter(([first, last]) => first <= last));
    this.#forgetOldest();
    return true;
  }

  /** Whether one of these numbers is in a hole. */
  touch(first: number, last: number): boolean {
    return this.#ranges.some(([from, to]) => from <= last && first <= to);
  }

  /** Those parts of which there are lines by now. */
  filled(missing: readonly LineRange[]): LineRange[] {
    const parts: LineRange[] = [];
    for (const [from, to] of this.#ranges) {
      let next = from;
      for (const [low, high] of missing) {
        if (high < next || low > to) continue;
        if (low > next) parts.push([next, low - 1]);
        next = high + 1;
      }
      if (next <= to) parts.push([next, to]);
    }
    return parts;
  }

  #forgetOldest(): void {
    if (this.#ranges.length > MAX_HOLES) this.#ranges.splice(0, this.#ranges.length - MAX_HOLES);
  }
}
