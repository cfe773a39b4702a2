import type { DiskStretches } from "./disk-stretches.ts";
import type { IntervalSpill } from "./spilling-intervals.ts";
import { MemoryStretches, type Stretch, type StretchList } from "./stretches.ts";

/** Stretches moved in one turn of the event loop: a few milliseconds. */
const MOVED_AT_ONCE = 256;

/**
 * Stretches in memory while they are few (in order: one), the older ones on disk beyond that: positions of lines in
 * bounded memory, for any disorder. If the disk accepts nothing they stay in memory until it does.
 */
export class SpillingStretches implements StretchList {
  readonly #spill: IntervalSpill;
  /** The last ones in the file. */
  #recent = new MemoryStretches();
  #older: DiskStretches | undefined;
  #movesAt: number;

  constructor(spill: IntervalSpill) {
    this.#spill = spill;
    this.#movesAt = spill.maxRangesInMemory;
  }

  get count(): number {
    return this.#recent.count + (this.#older?.count ?? 0);
  }
  get held(): number {
    return this.#recent.count;
  }

  push(stretch: Stretch): void {
    this.#recent.push(stretch);
    if (this.#recent.count <= this.#movesAt) return;
    try {
      this.#older ??= this.#spill.db.createStretches();
      this.#older.pushAll(this.#recent.first(MOVED_AT_ONCE));
      this.#recent.dropFirst(MOVED_AT_ONCE);
      this.#movesAt = this.#spill.maxRangesInMemory;
    } catch {
      // Does not retry with every stretch: each attempt takes longer.
      this.#movesAt = this.#recent.count * 2;
    }
  }

  pop(): Stretch | undefined {
    return this.#recent.pop() ?? this.#older?.pop();
  }

  from(n: number, limit: number): Stretch[] {
    const recent = this.#recent.from(n, limit);
    if (this.#older === undefined) return recent;
    return [...this.#older.from(n, limit), ...recent].sort((a, b) => a.n - b.n).slice(0, limit);
  }

  release(): void {
    this.#recent = new MemoryStretches();
    this.#older?.release();
    this.#older = undefined;
  }
}
