import type { LineRange } from "../wire/api.ts";

/** Ranges of line numbers in order, joined where they touch. Bounded: a full list refuses new ranges. */
export class RangeList {
  readonly #maxRanges: number;
  #ranges: LineRange[] = [];

  constructor(maxRanges: number) {
    this.#maxRanges = maxRanges;
  }

  get isEmpty(): boolean {
    return this.#ranges.length === 0;
  }

  /** Adds a range. False if that would be one range too many. */
  add([from, to]: LineRange): boolean {
    const apart = this.#ranges.filter(([first, last]) => last < from - 1 || first > to + 1);
    const touching = this.#ranges.filter(([first, last]) => last >= from - 1 && first <= to + 1);
    if (apart.length >= this.#maxRanges) return false;
    const first = Math.min(from, ...touching.map((range) => range[0]));
    const last = Math.max(to, ...touching.map((range) => range[1]));
    const at = apart.findIndex((range) => range[0] > last);
    apart.splice(at < 0 ? apart.length : at, 0, [first, last]);
    this.#ranges = apart;
    return true;
  }

  remove([from, to]: LineRange): void {
    this.#ranges = this.#ranges.flatMap(([first, last]): LineRange[] => {
      if (last < from || first > to) return [[first, last]];
      const below: LineRange[] = first < from ? [[first, from - 1]] : [];
      const above: LineRange[] = last > to ? [[to + 1, last]] : [];
      return [...below, ...above];
    });
  }

  /** Removes and returns the lowest range. */
  shift(): LineRange | undefined {
    return this.#ranges.shift();
  }
}
