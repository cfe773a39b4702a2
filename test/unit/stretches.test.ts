import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { IntervalDb } from "../../src/store/numbers/disk-intervals.ts";
import { SpillingStretches } from "../../src/store/numbers/spilling-stretches.ts";
import { MemoryStretches, type Stretch, type StretchList } from "../../src/store/numbers/stretches.ts";
import { afterwards } from "../support/cleanup.ts";
import { tempFolder } from "../support/temp-folder.ts";

async function intervalDb(maxBytes?: number): Promise<IntervalDb> {
  const db = new IntervalDb(join(await tempFolder(), "intervals.db"), maxBytes);
  afterwards(() => db.close());
  return db;
}

/** Stretches of a file, one after the other, numbered in the order of `keys`. */
function stretchesOf(keys: readonly number[]): Stretch[] {
  return keys.map((key, i) => ({ n: key * 10 + 1, lines: 1 + (key % 10), at: i * 100, bytes: 100, line: i }));
}

const KEYS = fc.uniqueArray(fc.integer({ min: 0, max: 100 }), { maxLength: 40 });

describe.each(["in memory", "on disk", "moving to disk"])("stretches %s", (where) => {
  it("are found by number, in order, whatever their order in the file", async () => {
    const db = await intervalDb();
    const create = (): StretchList => {
      if (where === "in memory") return new MemoryStretches();
      return where === "on disk" ? db.createStretches() : new SpillingStretches({ maxRangesInMemory: 3, db });
    };
    fc.assert(
      fc.property(KEYS, fc.integer({ min: 0, max: 10 }), (keys, popped) => {
        const [subject, plain] = [create(), stretchesOf(keys)];
        for (const stretch of plain) subject.push(stretch);
        for (let i = 0; i < popped; i += 1) expect(subject.pop()).toEqual(plain.pop());
        plain.sort((a, b) => a.n - b.n);
        expect(subject.count).toBe(plain.length);
        if (where === "moving to disk") expect(subject.held).toBeLessThanOrEqual(3);
        for (const n of [0, 1, 5, 500, 505, 1_000, 2_000]) {
          const wanted = plain.filter((stretch) => stretch.n + stretch.lines > n);
          expect(subject.from(n, 1_000)).toEqual(wanted);
          expect(subject.from(n, 2)).toEqual(wanted.slice(0, 2));
        }
        subject.release();
      }),
    );
  });
});

describe("a disk that takes nothing", () => {
  it("keeps stretches in memory, and loses none", async () => {
    const stretches = new SpillingStretches({ maxRangesInMemory: 3, db: await intervalDb(65_536) });
    const all = stretchesOf([5, 3, 9, 1, 7, 2]);
    for (const stretch of all.slice(0, 5)) stretches.push(stretch);
    expect(stretches.held).toBeLessThanOrEqual(3);
    const more = stretchesOf(Array.from({ length: 3_000 }, (_, i) => i + 100));
    for (const stretch of more) stretches.push(stretch);
    expect(stretches.held).toBeGreaterThan(1_000);
    expect(stretches.count).toBe(3_005);
    expect(stretches.from(0, 10_000)).toHaveLength(3_005);
  });
});
