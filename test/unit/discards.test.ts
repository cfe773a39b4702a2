import { closeSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createForAppend } from "../../src/store/disk/create-file.ts";
import { Discards } from "../../src/store/execution/discards.ts";
import { Sidecar } from "../../src/store/execution/sidecar.ts";
import { IntervalSet } from "../../src/store/numbers/interval-set.ts";
import { TokenBucket } from "../../src/store/owner/token-bucket.ts";
import { tempFolder } from "../support/temp-folder.ts";

const RATE = { reason: "lines-per-second", limit: 10 } as const;
const DISK = { reason: "bytes-on-disk", limit: 20 } as const;
const ALL = Number.POSITIVE_INFINITY;

async function sidecar(): Promise<Sidecar> {
  const path = join(await tempFolder(), "x.meta");
  closeSync(createForAppend(path, { durable: false }));
  return new Sidecar(path, false);
}

function readBack(from: Sidecar): Discards {
  const discards = new Discards(from);
  for (const record of from.read()) discards.restore(record);
  return discards;
}

/** Chunks in any order, each stored or discarded. */
const CHUNKS = fc.array(
  fc.record({
    n: fc.integer({ min: 1, max: 200 }),
    count: fc.integer({ min: 1, max: 9 }),
    kind: fc.integer({ min: 0, max: 2 }),
  }),
  { maxLength: 60 },
);

test("discarded lines are known by their numbers, also when read back", async () => {
  const file = await sidecar();
  fc.assert(
    fc.property(CHUNKS, (chunks) => {
      writeFileSync(file.path, "");
      const [have, discards, lost] = [new IntervalSet(), new Discards(file), new Set<number>()];
      for (const { n, count, kind } of chunks) {
        const to = n + count - 1;
        if (kind === 0) {
          discards.close(n);
          have.add(n, to);
        } else {
          for (const [low, high] of have.missing(n, to)) {
            discards.add(low, high, kind === 1 ? RATE : DISK);
            for (let i = low; i <= high; i += 1) lost.add(i);
          }
        }
      }
      discards.close(Number.MAX_SAFE_INTEGER);
      const missing = have.missing(1, 220);
      for (const known of [discards, readBack(file)]) {
        const named = known
          .within(missing, ALL)
          .flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
        for (const n of lost) if (have.missing(n, n).length > 0) expect(named).toContain(n);
        expect(new Set(named).size).toBe(named.length);
        for (const n of named) expect(have.missing(n, n)).toHaveLength(1);
      }
    }),
    {
      examples: [
        // One line inside the discarded range is stored.
        [
          [
            { n: 1, count: 3, kind: 1 },
            { n: 2, count: 1, kind: 0 },
          ],
        ],
      ],
      numRuns: 300,
    },
  );
});

test("one stretch is two records, however many frames it has, and its beginning survives a kill", async () => {
  const file = await sidecar();
  const discards = new Discards(file);
  for (let n = 11; n <= 1_000; n += 1) discards.add(n, n, RATE);
  expect(readFileSync(file.path, "utf8").trim().split("\n")).toHaveLength(1);
  const after = readBack(file);
  expect(after.within([[11, 1_000]], ALL)).toEqual([{ from: 11, to: 1_000, ...RATE }]);
  after.close(1_001);
  expect(after.within([[11, 2_000]], ALL)).toEqual([{ from: 11, to: 1_000, ...RATE }]);
  discards.close(1_001);
  expect(readBack(file).within([[11, 2_000]], ALL)).toEqual([{ from: 11, to: 1_000, ...RATE }]);
});

test("bounds memory and records for very many stretches: then all holes have the last reason", async () => {
  const file = await sidecar();
  const discards = new Discards(file);
  for (let n = 10; n <= 10_000; n += 10) {
    discards.close(n - 1);
    discards.add(n, n, RATE);
  }
  expect(readFileSync(file.path, "utf8").trim().split("\n").length).toBeLessThan(130);
  for (const known of [discards, readBack(file)]) {
    expect(
      known.within(
        [
          [5_000, 5_000],
          [10_000, 10_000],
        ],
        ALL,
      ),
    ).toEqual([
      { from: 5_000, to: 5_000, ...RATE },
      { from: 10_000, to: 10_000, ...RATE },
    ]);
  }
});

test("a token bucket grants a burst, then its rate, and nothing for a clock that jumps", () => {
  const bucket = new TokenBucket({ perSecond: 100, burstSeconds: 10, reopenShare: 0.5 });
  let [nowMs, passed] = [5_000_000, 0];
  const run = (ms: number) => {
    for (const endMs = nowMs + ms; nowMs < endMs; nowMs += 10) {
      if (!bucket.isOpen(nowMs)) continue;
      bucket.take(10);
      passed += 10;
    }
  };
  run(1_000);
  expect(passed).toBe(1_000);
  run(999_000);
  expect(passed).toBeGreaterThan(99_000);
  expect(passed).toBeLessThan(102_000);
  bucket.take(10_000);
  nowMs -= 3_600_000;
  expect(bucket.isOpen(nowMs)).toBe(false);
  nowMs += 86_400_000;
  expect(bucket.isOpen(nowMs)).toBe(true);
  const begins = new TokenBucket({ perSecond: 1 / 60, burstSeconds: 60, reopenShare: 0 });
  expect(begins.isOpen(nowMs)).toBe(true);
  begins.take(1);
  expect(begins.isOpen(nowMs + 59_000)).toBe(false);
  expect(begins.isOpen(nowMs + 60_001)).toBe(true);
  expect(new TokenBucket({ perSecond: 0, burstSeconds: 10, reopenShare: 0.5 }).isOpen(0)).toBe(true);
});
