import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { LoopTurns } from "../../../src/host/loop-turns.ts";
import { loadingExecution } from "../../../src/store/execution/load-execution.ts";
import { IntervalDb } from "../../../src/store/numbers/disk-intervals.ts";
import { loadInTurns } from "../../../src/store/table/load-in-turns.ts";
import { afterwards } from "../../support/cleanup.ts";
import { type FakeExecution, fakeExecution } from "../../support/envelopes.ts";
import { type IngestSite, openRelay, ROOT, startIngestSite } from "../../support/ingest-site.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const PIECES = 2_000;

/** A site that starts again with an execution of many pieces in reverse; it is loaded in the turns that follow. */
async function startedAgain({ end, step = 2 }: { end?: (a: FakeExecution) => string; step?: number } = {}) {
  const dataDir = await tempFolder();
  const a = fakeExecution();
  const site = await startIngestSite({ dataDir });
  const relay = await openRelay(site);
  const frames = Array.from({ length: PIECES }, (_, i) =>
    a.lines(step * (PIECES - i), [`line ${step * (PIECES - i)}`]),
  );
  await relay.send(a.begin(), ...frames, ...(end === undefined ? [] : [end(a)]));
  relay.destroy();
  const identity = [...site.store.slots.values()].find((slot) => slot.identity.x === a.x)?.identity;
  if (identity === undefined) throw new Error("It is not stored");
  await site.stop();
  const again = await startIngestSite({ dataDir });
  const load = () => again.store.slots.load(again.store.slots.get(identity));
  return { a, identity, again, load, log: join(dataDir, "logs/root/2026-11-20", `${a.x}.node1.job_sh.log`) };
}

async function numbersOf({ archive }: IngestSite, { x, node }: FakeExecution): Promise<number[]> {
  const numbers: number[] = [];
  for (let from = 1; ; ) {
    const chunks = await archive.read(ROOT, { x, node, from, maxLines: 5_000, maxBytes: 4_194_304 });
    if (chunks.length === 0) return numbers;
    for (const { firstN, count } of chunks) {
      numbers.push(...Array.from({ length: count }, (_, i) => firstN + i));
      from = firstN + count;
    }
  }
}

test("an execution of many pieces is loaded once, and lines that come meanwhile wait for it", async () => {
  const { a, again, load } = await startedAgain();
  const loading = load();
  expect(loading).toBeInstanceOf(Promise);
  expect(load()).toBe(loading);
  const [own, other] = [await openRelay(again), await openRelay(again)];
  const b = fakeExecution();
  await Promise.all([
    own.send(a.lines(3, ["line 3"]), a.lines(2, ["line 2"])),
    other.send(b.begin(), b.lines(1, ["other"])),
  ]);
  expect(await loading).toBe(load());
  expect(await numbersOf(again, a)).toEqual([2, 3, ...Array.from({ length: PIECES - 1 }, (_, i) => 2 * i + 4)]);
  expect(await numbersOf(again, b)).toEqual([1]);
  expect(await again.archive.get(ROOT, a)).toMatchObject({ lines: PIECES + 1, lastN: 2 * PIECES });
});

test("one that is deleted while it is loaded does not come back", async () => {
  const { a, identity, again, load } = await startedAgain({ end: (of) => of.end(2 * PIECES) });
  const loading = load();
  expect(loading).toBeInstanceOf(Promise);
  const [row] = again.kept.oldest(undefined, 1);
  const removal = { ...identity, base: row?.base ?? "", owner: "root", diskBytes: row?.diskBytes ?? 0 };
  expect(await again.kept.removeUnused([removal])).toEqual(["removed"]);
  expect(await loading).toBeUndefined();
  expect(await again.archive.get(ROOT, a)).toBeUndefined();
});

test("one that its user deletes while it is loaded is deleted with all its files, though a merge is due", async () => {
  const { a, again, load, log } = await startedAgain({ step: 1, end: (of) => of.end(PIECES) });
  expect(load()).toBeInstanceOf(Promise);
  expect(await again.archive.remove(ROOT, a)).toBe("removed");
  await again.stop();
  expect(readdirSync(dirname(log)).filter((name) => name.startsWith(a.x))).toEqual([]);
});

test("one whose files vanish while it is loaded is forgotten", async () => {
  const { a, again, load, log } = await startedAgain();
  const loading = load();
  rmSync(log);
  expect(await loading).toBeUndefined();
  expect(await again.archive.get(ROOT, a)).toBeUndefined();
  expect(again.logLines.join()).toContain("forgot an execution whose files were removed");
});

test("a stop does not wait for it, and the next start loads it", async () => {
  const { load, again, a } = await startedAgain();
  const refused = expect(load()).rejects.toThrow("Cannot load: the collector stops");
  await again.stop();
  await refused;
  const last = await startIngestSite({ dataDir: again.dataDir });
  expect(await last.archive.get(ROOT, a)).toMatchObject({ lines: PIECES });
});

test("lines behind the last mark of a log are counted 256 KiB a step", async () => {
  const folder = await tempFolder();
  const [base, x] = [join(folder, "a"), "01JDTC8V6CZ7M4V5X9Q2N3K4PW"];
  const names = { x, job: x, node: "node1", keyHash: "h", owner: "root", uid: 0, pid: 7, cwd: "/" };
  const begin = { t: "begin", v: 1, ...names, argv: ["a"], labels: {}, startedAt: "2026-11-20T04:17:44.960662Z" };
  writeFileSync(`${base}.meta`, `${JSON.stringify(begin)}\n`);
  writeFileSync(`${base}.log`, "2026-11-20T04:17:44.960662Z stdout F x\n".repeat(26_886));
  const db = new IntervalDb(join(folder, "intervals.db"));
  afterwards(() => db.close());
  const steps = loadingExecution(base, { durable: false, spill: { maxRangesInMemory: 10, db }, nowMs: 0 });
  let blocks = 0;
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) blocks += 1;
  expect(blocks).toBe(5);
  expect(step.value?.logs.lines).toBe(26_886);
});

test("a turn of the event loop ends with the first step after 4 ms", async () => {
  let ms = 0;
  const stepsOfTurns: number[] = [];
  function* steps() {
    for (let step = 0; step < 7; step += 1) {
      ms += 3;
      stepsOfTurns.push((stepsOfTurns.pop() ?? 0) + 1);
      yield undefined;
    }
    return undefined;
  }
  const turns = new LoopTurns();
  const run: LoopTurns["run"] = (step) =>
    turns.run(() => {
      stepsOfTurns.push(0);
      return step();
    });
  await loadInTurns(steps(), { turns: { run }, isStopped: () => false, nowMs: () => ms });
  expect(stepsOfTurns).toEqual([2, 2, 2, 1]);
});
