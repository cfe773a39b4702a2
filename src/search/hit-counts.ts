import { asTime } from "../wire/time.ts";
import { SEARCH_LIMITS } from "./limits.ts";

/** Hits of each bucket, in order: what a scroll bar shows. */
type Counts = readonly (readonly [bucket: number, hits: number])[];

/** Hits of one execution by line number. The execution's last number determines which of them a bucket holds. */
export class NumberCounts {
  readonly size: number;
  readonly #counts = new Map<number, number>();

  constructor(lastN: number) {
    this.size = Math.max(1, Math.ceil(lastN / SEARCH_LIMITS.maxBuckets));
  }

  add(n: number): void {
    const bucket = Math.min(SEARCH_LIMITS.maxBuckets - 1, Math.floor((n - 1) / this.size));
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + 1);
  }

  get counts(): Counts {
    return inOrder(this.#counts);
  }
}

/**
 * Hits of several executions by time. The last time is not known in advance, so buckets double when there are too many.
 */
export class TimeCounts {
  #sizeMs = 1;
  #counts = new Map<number, number>();
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;

  add(timeMs: number): void {
    // An impossible day, from a node that does not check what it sends.
    if (!Number.isFinite(timeMs)) return;
    this.#widen(timeMs);
    this.#count(Math.floor(timeMs / this.#sizeMs), 1);
  }

  /** Undefined without hits. */
  get buckets(): { readonly from: string; readonly sizeMs: number; readonly counts: Counts } | undefined {
    if (this.#counts.size === 0) return undefined;
    const counts = inOrder(this.#counts).map(([bucket, hits]) => [bucket - this.#first, hits] as const);
    return { from: asTime(this.#first * this.#sizeMs), sizeMs: this.#sizeMs, counts };
  }

  #widen(timeMs: number): void {
    const span = (): number => {
      const bucket = Math.floor(timeMs / this.#sizeMs);
      return Math.max(this.#last, bucket) - Math.min(this.#first, bucket);
    };
    while (span() >= SEARCH_LIMITS.maxBuckets) {
      const before = this.#counts;
      this.#sizeMs *= 2;
      this.#counts = new Map();
      [this.#first, this.#last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      for (const [bucket, hits] of before) this.#count(Math.floor(bucket / 2), hits);
    }
  }

  #count(bucket: number, hits: number): void {
    this.#first = Math.min(this.#first, bucket);
    this.#last = Math.max(this.#last, bucket);
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + hits);
  }
}

function inOrder(counts: ReadonlyMap<number, number>): Counts {
  return [...counts].sort(([a], [b]) => a - b);
}
