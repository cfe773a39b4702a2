import type { IndexDb } from "./index-db.ts";

const FRESH_FOR_MS = 2_000;
const MAX_OWNERS = 10_000;

/** How many executions of an owner run: counted in the index now and then, and with each new one in between. */
export class RunningCount {
  readonly #index: IndexDb;
  readonly #nowMs: () => number;
  readonly #owners = new Map<string, { count: number; readonly countedAtMs: number }>();

  constructor(index: IndexDb, nowMs: () => number) {
    this.#index = index;
    this.#nowMs = nowMs;
  }

  /** Counts one more, unless `limit` of this owner run already. */
  admit(owner: string, limit: number): boolean {
    const known = this.#owners.get(owner);
    const isFresh = known !== undefined && this.#nowMs() - known.countedAtMs < FRESH_FOR_MS;
    const counted = isFresh ? known : { count: this.#index.countRunning(owner), countedAtMs: this.#nowMs() };
    if (counted.count >= limit) return false;
    counted.count += 1;
    if (this.#owners.size >= MAX_OWNERS) this.#owners.clear();
    this.#owners.set(owner, counted);
    return true;
  }
}
