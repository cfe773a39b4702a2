import { appendFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { RunLinesPage } from "../../../src/wire/run-lines.ts";
import { asTime } from "../../../src/wire/time.ts";
import { type IngestSite, ROOT, startIngestSite } from "../../support/ingest-site.ts";
import { Launched } from "../../support/launched.ts";

const STARTED_MS = Date.UTC(2026, 10, 20, 4, 17, 44);
const RUN = { job: "train", run: "1", owner: "root" };
const RANKS = 3;
const STEPS = 9;
/** Of each rank in each step: its log has places from which it is nearer to a mark than to an end. */
const LINES_A_STEP = 900;

/** A run of executions that have ended, each with a megabyte of lines. */
async function storeRun(on: IngestSite): Promise<void> {
  const startedMs = STARTED_MS;
  const ranks = Array.from({ length: RANKS }, (_, rank) => {
    return new Launched({ ...RUN, node: `node${rank}`, rank, startedMs });
  });
  for (const one of ranks) await one.claim(on);
  for (let step = 0; step < STEPS; step += 1) {
    for (const [rank, one] of ranks.entries()) {
      const texts = Array.from({ length: LINES_A_STEP }, (_, i) => `${step}.${i} of ${rank} ${"x".repeat(80)}`);
      await on.store.store([one.lines(on, startedMs + step * 1_000 + rank, texts)]);
    }
  }
  await on.store.store(ranks.map((one) => one.end(on, startedMs + STEPS * 1_000)));
}

/** Pages around some times, and from both ends. */
async function pages(on: IngestSite): Promise<readonly (RunLinesPage | undefined)[]> {
  const times = [0, 2, 4_001, 5_500, STEPS * 1_000].map((ms) => ({ time: asTime(STARTED_MS + ms) }));
  const all: (RunLinesPage | undefined)[] = [];
  for (const place of [undefined, ...times]) {
    for (const side of ["before", "after"] as const)
      all.push(await on.archive.runLines(ROOT, { ...RUN, side, place, limit: 1_000 }));
  }
  return all;
}

test("a run of whole logs is read without loading its executions, as with them", async () => {
  const before = await startIngestSite();
  await storeRun(before);
  const expected = await pages(before);
  expect(expected.map((page) => page?.lines.length)).toContain(1_000);
  const { dataDir } = before;
  await before.stop();
  const on = await startIngestSite({ dataDir });
  expect(await pages(on)).toEqual(expected);
  expect(on.store.slots.size).toBe(0);
  await on.stop();
  // The file is longer than its row can mean: half a line, which loading cuts off.
  const logs = readdirSync(join(dataDir, "logs"), { recursive: true, encoding: "utf8" });
  const torn = logs.find((name) => name.endsWith(".log")) ?? "";
  appendFileSync(join(dataDir, "logs", torn), "x".repeat(STEPS * LINES_A_STEP + 1));
  const again = await startIngestSite({ dataDir });
  expect(await pages(again)).toEqual(expected);
  expect(again.store.slots.size).toBe(1);
});
