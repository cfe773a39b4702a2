import fc from "fast-check";
import { expect, test } from "vitest";
import { NumberCounts, TimeCounts } from "../../src/search/hit-counts.ts";

const DAY_MS = 86_400_000;
const START_MS = Date.parse("2026-11-20T00:00:00Z");

test("every hit is counted where its time is, in at most 2,000 buckets, however far apart they are", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 400 * DAY_MS }), { minLength: 1, maxLength: 50 }), (times) => {
      const of = new TimeCounts();
      for (const time of times) of.add(START_MS + time);
      const { from, sizeMs, counts } = of.buckets ?? { from: "", sizeMs: 0, counts: [] };
      const fromMs = Date.parse(from);
      const expected = new Map<number, number>();
      for (const time of times) {
        const bucket = Math.floor((START_MS + time - fromMs) / sizeMs);
        expected.set(bucket, (expected.get(bucket) ?? 0) + 1);
      }
      expect(counts).toEqual([...expected].sort(([a], [b]) => a - b));
      expect(counts.at(-1)?.[0]).toBeLessThan(2_000);
      expect(counts[0]?.[0]).toBe(0);
    }),
    { numRuns: 200 },
  );
  const steady = new TimeCounts();
  for (let hour = 0; hour < 5_000; hour += 1) steady.add(START_MS + hour * 3_600_000);
  expect(steady.buckets?.counts.length).toBeGreaterThan(900);
});

test("times that no calendar has are left out, and without hits there are no buckets", () => {
  const counts = new TimeCounts();
  counts.add(Date.parse("2026-99-99T00:00:00.000000Z"));
  expect(counts.buckets).toBeUndefined();
});

test("hits by number fill at most 2,000 buckets, those beyond the last known number the last one", () => {
  const few = new NumberCounts(3);
  for (const n of [1, 3, 3, 9_999]) few.add(n);
  expect([few.size, few.counts]).toEqual([
    1,
    [
      [0, 1],
      [2, 2],
      [1_999, 1],
    ],
  ]);
  const many = new NumberCounts(1_000_001);
  many.add(1_000_001);
  expect([many.size, many.counts]).toEqual([501, [[1_996, 1]]]);
});
