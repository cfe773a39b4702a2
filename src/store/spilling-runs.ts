import { MemoryRuns, type Run, type RunList } from "./runs.ts";
import type { IntervalSpill } from "./spilling-intervals.ts";

const ALL = Number.MAX_SAFE_INTEGER;

/**
 * Runs in memory while they are few (in order: one), on disk beyond that: bounded memory for where lines stand, whatever
 * the disorder. Where the disk takes nothing they stay in memory until it does.
 */
export class SpillingRuns implements RunList {
  readonly #spill: IntervalSpill;
  #runs: RunList = new MemoryRuns();
  #isOnDisk = false;
  #movesAt: number;

  constructor(spill: IntervalSpill) {
    this.#spill = spill;
    this.#movesAt = spill.maxRangesInMemory;
  }

  get count(): number {
    return this.#runs.count;
  }
  get held(): number {
    return this.#runs.held;
  }

  push(run: Run): void {
    try {
      this.#runs.push(run);
    } catch {
      this.#moveBack();
      this.#runs.push(run);
    }
    if (!this.#isOnDisk && this.#runs.count > this.#movesAt) this.#moveToDisk();
  }

  pop(): Run | undefined {
    return this.#runs.pop();
  }

  from(n: number, limit: number): Run[] {
    return this.#runs.from(n, limit);
  }

  release(): void {
    this.#runs.release();
    this.#runs = new MemoryRuns();
    this.#isOnDisk = false;
  }

  #moveToDisk(): void {
    const { db } = this.#spill;
    try {
      const target = db.createRuns();
      db.together(() => {
        for (const run of this.#runs.from(0, ALL)) target.push(run);
      });
      this.#runs = target;
      this.#isOnDisk = true;
    } catch {
      // Not again with each run: copying costs more with each attempt.
      this.#movesAt = this.#runs.count * 2;
    }
  }

  /** The disk is full: what was there is few enough to be held until it is not. */
  #moveBack(): void {
    const target = new MemoryRuns();
    for (const run of this.#runs.from(0, ALL).sort((a, b) => a.line - b.line)) target.push(run);
    this.#runs = target;
    this.#isOnDisk = false;
    this.#movesAt = target.count * 2;
  }
}
