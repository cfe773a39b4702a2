/** Smaller amounts count as empty: lines, bytes and executions come whole. */
const ONE = 1;

/**
 * Limits an amount per second, with a burst of several seconds' worth.
 *
 * Taking may put it into debt, so that nothing has to be split. Once empty it stays shut until a share of it is full
 * again: a flood then has few long holes, not one per chunk.
 */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #capacity: number;
  readonly #opensAt: number;
  #level: number;
  #filledAtMs = Number.NEGATIVE_INFINITY;
  #isShut = false;

  /** @param options.perSecond 0: no limit. */
  constructor(options: { readonly perSecond: number; readonly burstSeconds: number; readonly reopenShare: number }) {
    this.#perSecond = options.perSecond;
    this.#capacity = options.perSecond * options.burstSeconds;
    this.#opensAt = Math.max(ONE, this.#capacity * options.reopenShare);
    this.#level = this.#capacity;
  }

  /** Whether anything may pass now. A clock that goes back fills nothing; one that jumps ahead fills it once. */
  isOpen(nowMs: number): boolean {
    if (this.#perSecond === 0) return true;
    const passedMs = Math.max(0, nowMs - this.#filledAtMs);
    this.#filledAtMs = nowMs;
    this.#level = Math.min(this.#capacity, this.#level + (passedMs * this.#perSecond) / 1_000);
    if (this.#level < ONE) this.#isShut = true;
    else if (this.#level >= this.#opensAt) this.#isShut = false;
    return !this.#isShut;
  }

  take(amount: number): void {
    this.#level -= amount;
  }
}
