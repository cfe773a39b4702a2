import { join } from "node:path";
import Database from "better-sqlite3";
import fc from "fast-check";
import { describe, expect, it, test, vi } from "vitest";
import { DiskIntervals, IntervalDb } from "../../src/store/numbers/disk-intervals.ts";
import { STRETCHES_SCHEMA } from "../../src/store/numbers/disk-stretches.ts";
import { IntervalSet } from "../../src/store/numbers/interval-set.ts";
import type { LineNumbers } from "../../src/store/numbers/line-numbers.ts";
import { ReleasedRows } from "../../src/store/numbers/released-rows.ts";
import { SpillingIntervals } from "../../src/store/numbers/spilling-intervals.ts";
import { SplitIntervals } from "../../src/store/numbers/split-intervals.ts";
import { afterwards } from "../support/cleanup.ts";
import { poll } from "../support/poll.ts";
import { tempFolder } from "../support/temp-folder.ts";

async function intervalDb(): Promise<IntervalDb> {
  const db = new IntervalDb(join(await tempFolder(), "intervals.db"));
  afterwards(() => db.close());
  return db;
}

/** The same answers, computed from a plain set. */
function expected(numbers: ReadonlySet<number>, from: number, to: number): [number, number][] {
  const holes: [number, number][] = [];
  for (let n = from; n <= to; n += 1) {
    if (numbers.has(n)) continue;
    const last = holes[holes.length - 1];
    if (last?.[1] === n - 1) last[1] = n;
    else holes.push([n, n]);
  }
  return holes;
}

/** Moves a range to the disk at every third that is added. */
function splitting(split: SplitIntervals): SplitIntervals {
  const add = split.add.bind(split);
  let added = 0;
  split.add = (from, to) => {
    add(from, to);
    added += 1;
    if (added % 3 === 0) split.move(1);
  };
  return split;
}

const RANGES = fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 8 })), { maxLength: 40 });

describe.each(["in memory", "on disk", "half on disk", "moving between both"])("line numbers %s", (where) => {
  it("know which are present and which are missing, whatever the order", async () => {
    const db = await intervalDb();
    const create = (): LineNumbers => {
      if (where === "in memory") return new IntervalSet();
      if (where === "half on disk") return splitting(new SplitIntervals(db.create(), new IntervalSet()));
      return where === "on disk" ? db.create() : new SpillingIntervals({ maxRangesInMemory: 3, db });
    };
    fc.assert(
      fc.property(RANGES, (ranges) => {
        const [subject, plain] = [create(), new Set<number>()];
        for (const [from, more] of ranges) {
          subject.add(from, from + more);
          for (let n = from; n <= from + more; n += 1) plain.add(n);
        }
        expect(subject.count).toBe(plain.size);
        expect(subject.last).toBe(Math.max(0, ...plain));
        expect(subject.missing(1, 70)).toEqual(expected(plain, 1, 70));
        expect(subject.missing(20, 25)).toEqual(expected(plain, 20, 25));
        expect(subject.missing(1, 70, 2)).toEqual(expected(plain, 1, 70).slice(0, 2));
        expect([...subject.entries()]).toHaveLength(subject.ranges);
        for (const last of [0, 1, 5, 30]) expect(subject.coversTo(last)).toBe(expected(plain, 1, last).length === 0);
        subject.release();
      }),
    );
  });
});

describe("great disorder", () => {
  it("takes bounded memory, and none once the holes are filled", async () => {
    const numbers = new SpillingIntervals({ maxRangesInMemory: 100, db: await intervalDb() });
    for (let n = 1; n <= 2_000; n += 2) numbers.add(n, n);
    expect([numbers.isOnDisk, numbers.ranges]).toEqual([true, 1_000]);
    for (let n = 2; n <= 2_000; n += 2) numbers.add(n, n);
    expect([numbers.isOnDisk, numbers.ranges, numbers.coversTo(2_000)]).toEqual([false, 1, true]);
  });

  it("moves a few ranges to the disk with each line: all at once would hold up others", async () => {
    const append = vi.spyOn(DiskIntervals.prototype, "append");
    afterwards(() => append.mockRestore());
    const numbers = new SpillingIntervals({ maxRangesInMemory: 100, db: await intervalDb() });
    for (let n = 1; n <= 2_000; n += 2) numbers.add(n, n);
    const moved = append.mock.calls.map(([ranges]) => ranges.length);
    expect(Math.max(...moved)).toBe(4);
    // Four with each that comes: the hundred are on the disk after the 34th. Those since go there themselves.
    expect(moved).toHaveLength(34);
    expect(numbers.missing(1, 2_000)).toHaveLength(1_000);
  });

  it("is released, even when the disk fails", async () => {
    const db = await intervalDb();
    const numbers = new SpillingIntervals({ maxRangesInMemory: 3, db });
    for (const n of [1, 3, 5, 7]) numbers.add(n, n);
    db.close();
    expect(() => numbers.release()).not.toThrow();
  });
});

test("released sets that wait to be deleted are bounded; the rows of further ones stay until the next start", async () => {
  const db = new Database(":memory:");
  afterwards(() => {
    db.close();
  });
  db.exec(`CREATE TABLE intervals (owner INTEGER, low INTEGER, high INTEGER); ${STRETCHES_SCHEMA}`);
  const insert = db.prepare("INSERT INTO intervals VALUES (?, 1, 1)");
  for (const owner of [1, 2, 3]) insert.run(owner);
  const rows = new ReleasedRows(db, 2);
  for (const owner of [1, 2, 3]) rows.add("intervals", owner);
  const owners = () => db.prepare("SELECT owner FROM intervals").pluck().all();
  await poll("the deletion", () => !owners().includes(2));
  expect([owners(), rows.passedOver]).toEqual([[3], 1]);
});
