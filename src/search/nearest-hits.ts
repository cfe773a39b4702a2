import type { SearchEvent } from "../wire/search-event.ts";

/** A hit's place in the order of a run: by its time, then its execution, then its number. */
export interface HitPlace {
  /** By the collector's clock. */
  readonly time: string;
  readonly x: string;
  readonly n: number;
}

interface Held {
  readonly place: HitPlace;
  readonly hit: SearchEvent;
}

interface NearestHitsOptions {
  /** Without `x` and `n`, lines with exactly this time count as after it. */
  readonly place: { readonly time: string; readonly x?: string; readonly n?: number };
  readonly direction: "next" | "previous";
  readonly limit: number;
}

/** The hits of several executions nearest to a place, on one side of it. The place's own line is on neither. */
export class NearestHits {
  readonly #options: NearestHitsOptions;
  /** The nearest first. */
  #held: Held[] = [];
  /** There were more hits than wanted. */
  isMore = false;

  constructor(options: NearestHitsOptions) {
    this.#options = options;
  }

  /** @param hitOf makes the hit, if it is wanted. */
  add(place: HitPlace, hitOf: () => SearchEvent): void {
    const { direction, limit } = this.#options;
    const sign = direction === "next" ? 1 : -1;
    if (sign * this.#sideOf(place) <= 0) return;
    let [low, high] = [0, this.#held.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#held[middle];
      if (other !== undefined && sign * compare(other.place, place) < 0) low = middle + 1;
      else high = middle;
    }
    this.isMore ||= this.#held.length === limit;
    if (low === limit) return;
    this.#held.splice(low, 0, { place, hit: hitOf() });
    this.#held.length = Math.min(this.#held.length, limit);
  }

  /** The nearest first. */
  take(): SearchEvent[] {
    return this.#held.splice(0).map(({ hit }) => hit);
  }

  /** Above 0 if it comes after the place. */
  #sideOf(of: HitPlace): number {
    const { time, x, n } = this.#options.place;
    if (x !== undefined && n !== undefined) return compare(of, { time, x, n });
    return of.time < time ? -1 : 1;
  }
}

function compare(a: HitPlace, b: HitPlace): number {
  if (a.time !== b.time) return a.time < b.time ? -1 : 1;
  if (a.x !== b.x) return a.x < b.x ? -1 : 1;
  return a.n - b.n;
}
