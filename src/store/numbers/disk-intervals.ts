import { rmSync } from "node:fs";
import Database from "better-sqlite3";
import type { LineRange } from "../../wire/api.ts";
import { DiskStretches, STRETCHES_SCHEMA } from "./disk-stretches.ts";
import type { LineNumbers } from "./line-numbers.ts";
import { ReleasedRows } from "./released-rows.ts";

const PAGE_BYTES = 4_096;
/** A hundred million ranges. Beyond that they stay in memory, as on a full disk. */
const MAX_BYTES = 8 * 1_073_741_824;
/** Numbers come in any order: with SQLite's own 2 MiB, most pages would be written and read again for each. */
const CACHE_KIB = 16_384;

/**
 * Line numbers, and their positions, of executions with more disorder than memory may hold, in a separate SQLite file.
 * It is a cache of the sidecars, so it is rebuilt with each start and needs no durability.
 */
export class IntervalDb {
  readonly #db: Database.Database;
  readonly #released: ReleasedRows;
  #lastOwner = 0;

  constructor(path: string, maxBytes = MAX_BYTES) {
    rmSync(path, { force: true });
    this.#db = new Database(path);
    // Rolls back a statement cut short by a full disk; nothing has to survive this process.
    this.#db.pragma("journal_mode = MEMORY");
    this.#db.pragma("synchronous = OFF");
    this.#db.pragma("locking_mode = EXCLUSIVE");
    this.#db.pragma(`cache_size = -${CACHE_KIB}`);
    this.#db.pragma(`page_size = ${PAGE_BYTES}`);
    this.#db.pragma(`max_page_count = ${Math.ceil(maxBytes / PAGE_BYTES)}`);
    this.#db.exec(
      `CREATE TABLE intervals (owner INTEGER, low INTEGER, high INTEGER, PRIMARY KEY (owner, low)) WITHOUT ROWID;
       ${STRETCHES_SCHEMA}`,
    );
    this.#released = new ReleasedRows(this.#db);
  }

  /** Creates an empty set of stretches for a log. */
  createStretches(): DiskStretches {
    this.#lastOwner += 1;
    return new DiskStretches(this.#db, this.#lastOwner, this.#released);
  }

  /** Creates a separate, empty set. */
  create(): DiskIntervals {
    this.#lastOwner += 1;
    return new DiskIntervals(this.#db, this.#lastOwner, this.#released);
  }

  /** Unused sets whose rows stay until the next start. */
  get leftSets(): number {
    return this.#released.passedOver;
  }

  close(): void {
    this.#released.stop();
    this.#db.close();
  }
}

/** Like `IntervalSet`, but on disk. */
export class DiskIntervals implements LineNumbers {
  readonly #owner: number;
  readonly #before: Database.Statement<[number, number], Range>;
  readonly #inside: Database.Statement<[number, number, number], Range>;
  readonly #delete: Database.Statement;
  readonly #insert: Database.Statement;
  readonly #released: ReleasedRows;
  readonly #replace: (old: readonly Range[], fresh: Range) => void;
  readonly #insertAll: (ranges: readonly LineRange[]) => void;
  count = 0;
  ranges = 0;
  last = 0;

  constructor(db: Database.Database, owner: number, released: ReleasedRows) {
    this.#owner = owner;
    this.#released = released;
    const columns = "SELECT low, high FROM intervals WHERE owner = ?";
    this.#before = db.prepare(`${columns} AND low < ? ORDER BY low DESC LIMIT 1`);
    this.#inside = db.prepare(`${columns} AND low >= ? AND low <= ? ORDER BY low`);
    this.#delete = db.prepare("DELETE FROM intervals WHERE owner = ? AND low = ?");
    this.#insert = db.prepare("INSERT INTO intervals VALUES (?, ?, ?)");
    this.#replace = db.transaction((old: readonly Range[], fresh: Range) => {
      for (const { low } of old) this.#delete.run(owner, low);
      this.#insert.run(owner, fresh.low, fresh.high);
    });
    this.#insertAll = db.transaction((ranges: readonly LineRange[]) => {
      for (const [low, high] of ranges) this.#insert.run(owner, low, high);
    });
  }

  /** Adds ranges, in order, that follow all others without touching them; on failure, none of them. */
  append(ranges: readonly LineRange[]): void {
    this.#insertAll(ranges);
    this.ranges += ranges.length;
    this.count += ranges.reduce((sum, [low, high]) => sum + high - low + 1, 0);
    this.last = ranges.at(-1)?.[1] ?? this.last;
  }

  coversTo(last: number): boolean {
    if (last === 0) return true;
    const [first] = this.#inside.all(this.#owner, 1, 1);
    return first !== undefined && first.high >= last;
  }

  add(from: number, to: number): void {
    const before = this.#before.get(this.#owner, from);
    const old = this.#inside.all(this.#owner, from, to + 1);
    if (before !== undefined && before.high >= from - 1) old.unshift(before);
    const low = Math.min(from, old[0]?.low ?? from);
    const high = Math.max(to, old[old.length - 1]?.high ?? to);
    this.#replace(old, { low, high });
    this.ranges += 1 - old.length;
    this.count += high - low + 1 - old.reduce((sum, range) => sum + range.high - range.low + 1, 0);
    this.last = Math.max(this.last, high);
  }

  missing(from: number, to: number, limit = Number.POSITIVE_INFINITY): LineRange[] {
    const holes: LineRange[] = [];
    let next = Math.max(from, (this.#before.get(this.#owner, from)?.high ?? 0) + 1);
    for (const { low, high } of this.#inside.iterate(this.#owner, from, to)) {
      if (holes.length >= limit) return holes;
      if (low > next) holes.push([next, low - 1]);
      next = Math.max(next, high + 1);
    }
    if (next <= to && holes.length < limit) holes.push([next, to]);
    return holes;
  }

  *entries(): Generator<LineRange> {
    for (const { low, high } of this.#inside.iterate(this.#owner, 0, Number.MAX_SAFE_INTEGER)) yield [low, high];
  }

  release(): void {
    this.#released.add("intervals", this.#owner);
  }
}

interface Range {
  readonly low: number;
  readonly high: number;
}
