import type { IndexDb } from "../index/index-db.ts";

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

  isFull(owner: string, limit: number): boolean {
    const known = this.#owners.get(owner);
    if (known !== undefined && this.#nowMs() - known.countedAtMs < FRESH_FOR_MS) return known.count >= limit;
    const count = this.#index.countRunning(owner);
    if (this.#owners.size >= MAX_OWNERS) this.#owners.clear();
    this.#owners.set(owner, { count, countedAtMs: this.#nowMs() });
    return count >= limit;
  }

  /** One more has begun since it was asked whether one may. */
  add(owner: string): void {
    const known = this.#owners.get(owner);
    if (known !== undefined) known.count += 1;
  }
}
