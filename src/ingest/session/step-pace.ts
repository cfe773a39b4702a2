import { CONNECTION_LIMITS } from "./connection-limits.ts";

/** A step that took longer is followed by smaller ones. */
const LONG_STEP_MS = 10;
/** The length that those are cut to. */
const GOOD_STEP_MS = 5;

/**
 * How many items one step gives to the store. Most cost microseconds; one whose execution must be loaded first costs a
 * millisecond, and the store does not pause within a step. So a session starts with few items, and gives more while its
 * steps are short.
 */
export class StepPace {
  readonly #nowMs: () => number;
  #items: number = CONNECTION_LIMITS.firstItemsAStep;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get items(): number {
    return this.#items;
  }

  /** Runs a step with this many items, and judges by its time. */
  measure<T>(items: number, step: () => T): T {
    const startedAtMs = this.#nowMs();
    try {
      return step();
    } finally {
      this.#judge(items, this.#nowMs() - startedAtMs);
    }
  }

  #judge(items: number, tookMs: number): void {
    if (tookMs > LONG_STEP_MS) this.#items = Math.max(1, Math.floor((items * GOOD_STEP_MS) / tookMs));
    else if (items >= this.#items && tookMs < GOOD_STEP_MS) {
      this.#items = Math.min(CONNECTION_LIMITS.itemsAStep, 2 * this.#items);
    }
  }
}
