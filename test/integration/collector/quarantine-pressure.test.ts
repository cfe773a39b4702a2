import { describe, expect, it } from "vitest";
import { type FakeExecution, fakeExecution } from "../../support/envelopes.ts";
import { type IngestSite, metric, openRelay, ROOT, rootAndBob, startIngestSite } from "../../support/ingest-site.ts";
import { poll } from "../../support/poll.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const summary = (on: IngestSite, { x, node }: FakeExecution) => on.archive.get(ROOT, { x, node });
const many = (count: number, node = "node1") => Array.from({ length: count }, () => fakeExecution({ node }));
const forged = (count: number) => many(count).map((one) => one.lines(1, ["forged"]));
const LIMITS = { maxNodeBytes: 67_108_864, maxExecutionsPerNode: 32_768 };

describe("a node whose quarantine is flooded", () => {
  it.each(["before them", "between their lines and their BEGIN"])(
    "completes 60 executions that overtook their BEGIN, with 10,000 forged ones %s",
    async (when) => {
      const on = await startIngestSite({ quarantine: LIMITS });
      const relay = await openRelay(on);
      const honest = many(60);
      const [early, late] = when === "before them" ? [forged(10_000), []] : [[], forged(10_000)];
      await relay.send(...early);
      await relay.send(...honest.flatMap((one) => [one.lines(1, ["1", "2"]), one.lines(3, ["3"]), one.end(3)]));
      await relay.send(...late);
      await relay.send(...honest.map((one) => one.begin()));
      for (const one of honest) expect(await summary(on, one)).toMatchObject({ delivery: "complete", lines: 3 });
    },
  );

  it("drops the forged ones, oldest first, and counts them", async () => {
    const on = await startIngestSite({ quarantine: { maxExecutionsPerNode: 20 } });
    const relay = await openRelay(on);
    const [honest] = many(1);
    await relay.send(...forged(100));
    await relay.send(honest?.lines(1, ["1"]) ?? "", honest?.end(1) ?? "", ...forged(9));
    await relay.send(honest?.begin() ?? "");
    expect(honest && (await summary(on, honest))).toMatchObject({ delivery: "complete", lines: 1 });
    // They may use half of the room: 10 of 110 are left, one of them claimed.
    expect(await metric(on, "ml_quarantine_evicted_total", '"quarantine-executions"')).toBe(100);
    expect(await metric(on, "ml_store_discarded_lines_total", '"quarantine-executions"')).toBe(100);
  });

  it("names an execution's lost lines from its END when its BEGIN finally comes", async () => {
    const on = await startIngestSite({ quarantine: { maxExecutionsPerNode: 20 } });
    const relay = await openRelay(on);
    const [a, b] = [fakeExecution(), fakeExecution()];
    await relay.send(a.lines(1, ["1", "2"]), a.end(2), b.end(7), ...forged(20));
    await relay.send(a.begin(), b.begin());
    const discarded = [{ from: 1, to: 2, reason: "quarantine", limit: 33_554_432 }];
    expect(await summary(on, a)).toMatchObject({ lines: 0, lastN: 2, missing: [[1, 2]], discarded });
    expect(await summary(on, b)).toMatchObject({ lines: 0, lastN: 7, missing: [[1, 7]] });
  });

  it("moves many items to their files in short turns of the loop", async () => {
    let nowMs = Date.now();
    // Each look at the clock takes a millisecond: a turn is over after five items.
    const on = await startIngestSite({ quarantine: LIMITS, nowMs: () => (nowMs += 1) });
    const relay = await openRelay(on);
    const one = fakeExecution();
    // With gaps, so that each frame stays an item of its own.
    const numbers = Array.from({ length: 100 }, (_, i) => 1 + 2 * i);
    await relay.send(...numbers.map((n) => one.lines(n, [`line ${n}`])), one.end(200));
    let turns = 0;
    const count = (): void => {
      turns += 1;
      turning = setImmediate(count);
    };
    let turning = setImmediate(count);
    await relay.send(one.begin());
    clearImmediate(turning);
    expect(await summary(on, one)).toMatchObject({ lines: 100, lastN: 200, state: "finished" });
    expect(turns).toBeGreaterThanOrEqual(20);
  });

  it("keeps the END of an execution whose lines have used up its quota", async () => {
    const on = await startIngestSite({ quarantine: { maxExecutionBytes: 1_000 } });
    const relay = await openRelay(on);
    const a = fakeExecution();
    for (let n = 1; n <= 10; n += 1) await relay.send(a.lines(n, ["x".repeat(200)]));
    await relay.send(a.end(10, { code: 3 }), a.begin());
    const { lines = 0, ...rest } = (await summary(on, a)) ?? {};
    expect(lines).toBeLessThan(10);
    expect(rest).toMatchObject({ state: "failed", code: 3, delivery: "incomplete", missing: [[lines + 1, 10]] });
  });

  it("keeps another uid's BEGINs, however many an unknown uid sends", async () => {
    const ownerOf = async (_node: string, uid: number) => {
      if (uid === 1_001) return directory.isThere ? { name: "alice", uid: undefined } : undefined;
      return undefined;
    };
    const directory = { isThere: false };
    let nowMs = Date.now();
    const on = await startIngestSite({ ownerOf, nowMs: () => nowMs, quarantine: { maxExecutionsPerNode: 40 } });
    const relay = await openRelay(on);
    const honest = many(5);
    await relay.send(...honest.flatMap((one) => [one.begin({}, 1_001), one.lines(1, ["1"]), one.end(1)]));
    await relay.send(...forged(100), ...many(200).map((one) => one.begin({}, 4_000_000)));
    directory.isThere = true;
    nowMs += 5_000;
    for (const one of honest) {
      await poll("it is complete", async () => (await summary(on, one))?.delivery === "complete");
    }
  });

  it("leaves other nodes' alone and, after a restart, everything younger than the age limit", async () => {
    const dataDir = await tempFolder();
    const first = await startIngestSite({ dataDir, quarantine: { maxExecutionsPerNode: 20 } });
    const [a, b] = [fakeExecution(), fakeExecution({ node: "node2" })];
    await (await openRelay(first)).send(...forged(5), a.lines(1, ["1"]), a.end(1), b.lines(1, ["1"]), b.end(1));
    await first.stop();
    let nowMs = Date.now() + 6 * 86_400_000;
    const again = await startIngestSite({
      dataDir,
      ownerOf: rootAndBob,
      nowMs: () => nowMs,
      quarantine: { maxExecutionsPerNode: 20 },
    });
    nowMs += 600_001;
    await (await openRelay(again)).send(a.begin(), b.begin());
    for (const one of [a, b]) expect(await summary(again, one)).toMatchObject({ delivery: "complete", lines: 1 });
  });
});
