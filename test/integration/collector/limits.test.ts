import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type FakeExecution, fakeExecution } from "../../support/envelopes.ts";
import { type IngestSite, metric, openRelay, ROOT, rootAndBob, startIngestSite } from "../../support/ingest-site.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const numbers = (from: number, count: number) => Array.from({ length: count }, (_, i) => `line ${from + i}`);
const summary = (on: IngestSite, { x, node }: FakeExecution) => on.archive.get(ROOT, { x, node });
const discarded = (on: IngestSite, reason: string) => metric(on, "ml_store_discarded_lines_total", `"${reason}"`);

describe("a user who prints more lines a second than allowed", () => {
  const limits = { linesPerSecond: 10 };

  it("sees a hole with its reason; the rest is stored, everything is acknowledged, and others are unaffected", async () => {
    let nowMs = Date.now();
    const on = await startIngestSite({ ownerLimits: limits, ownerOf: rootAndBob, nowMs: () => nowMs });
    const [flood, quiet] = [fakeExecution(), fakeExecution()];
    const relay = await openRelay(on);
    // Ten seconds' worth is stored at once, and the rest of the batch of its last line.
    await relay.send(flood.begin({}, 0), quiet.begin({}, 1001));
    await relay.send(flood.lines(1, numbers(1, 100)));
    for (let n = 101; n <= 1_000; n += 100) await relay.send(flood.lines(n, numbers(n, 100)));
    await relay.send(quiet.lines(1, ["hello"]), quiet.end(1));
    expect(await discarded(on, "rate")).toBe(900);
    expect(await summary(on, quiet)).toMatchObject({ lines: 1, delivery: "complete" });
    nowMs += 10_000;
    await relay.send(flood.lines(1_001, numbers(1_001, 20)), flood.end(1_020));
    expect(await summary(on, flood)).toMatchObject({
      lines: 120,
      delivery: "incomplete",
      missing: [[101, 1_000]],
      discarded: [{ from: 101, to: 1_000, reason: "lines-per-second", limit: 10 }],
    });
  });

  it("has few holes, however small the frames: discarding continues until half of the burst is free", async () => {
    let nowMs = Date.now();
    const on = await startIngestSite({ ownerLimits: limits, nowMs: () => nowMs });
    const a = fakeExecution();
    const relay = await openRelay(on);
    await relay.send(a.begin());
    for (let n = 1; n <= 1_000; n += 1) {
      await relay.send(a.lines(n, [`${n}`]));
      nowMs += 20;
    }
    const { missing = [], discarded: why = [] } = (await summary(on, a)) ?? {};
    expect(missing.length).toBeGreaterThan(1);
    expect(missing.length).toBeLessThan(6);
    expect(why.map(({ from, to }) => [from, to])).toEqual(missing);
    const meta = readFileSync(join(on.dataDir, "logs/root/2026-11-20", `${a.x}.node1.job_sh.meta`), "utf8");
    expect(meta.split("\n").length).toBeLessThan(4 * missing.length + 4);
  });

  it("gets a discarded line stored when it arrives again and there is room", async () => {
    let nowMs = Date.now();
    const on = await startIngestSite({ ownerLimits: limits, nowMs: () => nowMs });
    const a = fakeExecution();
    const relay = await openRelay(on);
    await relay.send(a.begin(), a.lines(1, numbers(1, 100)));
    await relay.send(a.lines(101, numbers(101, 50)));
    await relay.send(a.end(150));
    expect(await summary(on, a)).toMatchObject({ delivery: "incomplete", missing: [[101, 150]] });
    nowMs += 20_000;
    await relay.send(a.lines(101, numbers(101, 50)));
    const whole = await summary(on, a);
    expect(whole).toMatchObject({ delivery: "complete", lines: 150, missing: [] });
    expect(whole).not.toHaveProperty("discarded");
  });

  it.each(["a restart", "a reindex"])("sees the same hole after %s", async (what) => {
    const dataDir = await tempFolder();
    const nowMs = Date.now();
    const on = await startIngestSite({ dataDir, ownerLimits: limits, nowMs: () => nowMs });
    const [ended, running] = [fakeExecution(), fakeExecution()];
    const relay = await openRelay(on);
    await relay.send(ended.begin(), running.begin(), ended.lines(1, numbers(1, 100)));
    await relay.send(ended.lines(101, numbers(101, 100)), running.lines(1, numbers(1, 7)));
    await relay.send(ended.lines(201, numbers(201, 100)));
    await relay.send(ended.end(300));
    const before = [await summary(on, ended), await summary(on, running)];
    expect(before[1]).toMatchObject({ lastN: 7, discarded: [{ from: 1, to: 7 }] });
    await on.stop();
    const isReindexed = what === "a reindex";
    const again = await startIngestSite({ dataDir, ownerLimits: limits, nowMs: () => nowMs, reindex: isReindexed });
    expect([await summary(again, ended), await summary(again, running)]).toEqual(before);
  });
});

describe("a user who prints a line without end", () => {
  it("sees a hole where its bytes exceed the limit", async () => {
    const nowMs = Date.now();
    const on = await startIngestSite({ ownerLimits: { bytesPerSecond: 1_000 }, nowMs: () => nowMs });
    const a = fakeExecution();
    const relay = await openRelay(on);
    await relay.send(a.begin());
    for (let n = 1; n <= 20; n += 1) await relay.send(a.lines(n, ["x".repeat(7_000)], { fragment: true }));
    await relay.send(a.lines(21, [""]), a.end(21));
    const { lines = 0, ...rest } = (await summary(on, a)) ?? {};
    // Ten seconds' worth, and the piece that it ended in.
    expect(lines).toBe(2);
    expect(rest).toMatchObject({
      delivery: "incomplete",
      discarded: [{ from: 3, to: 21, reason: "bytes-per-second", limit: 1_000 }],
    });
  });
});

describe("a user whose disk space is used up", () => {
  it("gets nothing more stored until something is deleted; a restart and a reindex keep the count", async () => {
    const dataDir = await tempFolder();
    const ownerLimits = { bytesOnDisk: 22_000 };
    const first = await startIngestSite({ dataDir, ownerLimits, ownerOf: rootAndBob });
    const [a, b, bob] = [fakeExecution(), fakeExecution(), fakeExecution()];
    const relay = await openRelay(first);
    await relay.send(a.begin({}, 0), bob.begin({}, 1001));
    for (let n = 1; n <= 1_000; n += 50) await relay.send(a.lines(n, numbers(n, 50)));
    const stored = (await summary(first, a))?.lines ?? 0;
    expect(stored).toBeGreaterThan(200);
    expect(stored).toBeLessThan(400);
    expect(await discarded(first, "disk-quota")).toBe(1_000 - stored);
    await first.stop();
    for (const reindex of [false, true]) {
      const on = await startIngestSite({ dataDir, ownerLimits, ownerOf: rootAndBob, reindex });
      const again = await openRelay(on);
      await again.send(bob.lines(1, ["fine"]), a.lines(1_001, ["too much"]));
      expect(await discarded(on, "disk-quota")).toBe(1);
      expect(await summary(on, bob)).toMatchObject({ lines: 1 });
      // A tenth more is reserved for new executions, so that the user sees what happened.
      const refused = fakeExecution();
      await again.send(b.begin({}, 0), refused.begin({}, 0));
      expect(await summary(on, b)).toBeDefined();
      expect(await summary(on, refused)).toBeUndefined();
      expect(await metric(on, "ml_store_refused_begins_total", '"bytes-on-disk"')).toBe(1);
      if (reindex) {
        await again.send(a.end(1_001), b.end(0));
        expect(await on.archive.remove(ROOT, a)).toBe("removed");
        await again.send(refused.begin({}, 0), refused.lines(1, ["there is room"]));
        expect(await summary(on, refused)).toMatchObject({ lines: 1 });
      }
      await on.stop();
    }
  });
});

describe("a user who begins more executions than allowed", () => {
  it("keeps that minute's allowance; lines of the others are acknowledged, counted and later shown as a hole", async () => {
    let nowMs = Date.now();
    const on = await startIngestSite({ ownerLimits: { executionsPerMinute: 3 }, nowMs: () => nowMs });
    const all = Array.from({ length: 5 }, () => fakeExecution());
    const relay = await openRelay(on);
    // Lines may come before their BEGIN: those wait in quarantine, and leave it with the refusal.
    for (const one of all) await relay.send(one.lines(1, ["early"]), one.begin(), one.lines(2, ["two", "three"]));
    const seen = await Promise.all(all.map((one) => summary(on, one)));
    expect(seen.map((one) => one?.lines)).toEqual([3, 3, 3, undefined, undefined]);
    expect(await discarded(on, "executions")).toBe(6);
    expect(await metric(on, "ml_quarantine_bytes")).toBe(0);
    expect(on.logLines.filter((line) => line.includes("BEGIN refused"))).toHaveLength(1);
    // Each is counted once, however often its BEGIN comes, and shown only to its owner.
    for (const one of all) await relay.send(one.begin());
    const refused = { executions: 2, reason: "executions-per-minute", limit: 3 };
    expect(await on.archive.list(ROOT, { limit: 1 })).toMatchObject({ refused });
    const bob = { user: "bob", uid: 1001, admin: false };
    expect(await on.archive.list(bob, { limit: 1 })).not.toHaveProperty("refused");
    nowMs += 20_000;
    const fourth = all[3] ?? fakeExecution();
    await relay.send(fourth.begin(), fourth.lines(4, ["four"]), fourth.end(4));
    expect(await summary(on, fourth)).toMatchObject({
      lines: 1,
      delivery: "incomplete",
      discarded: [{ from: 1, to: 3, reason: "executions-per-minute", limit: 3 }],
    });
  });

  it("may run the allowed number, and more as they end", async () => {
    let nowMs = Date.now();
    const on = await startIngestSite({ maxRunningPerOwner: 2, nowMs: () => nowMs });
    const [a, b, c] = [fakeExecution(), fakeExecution(), fakeExecution()];
    const relay = await openRelay(on);
    await relay.send(a.begin(), b.begin(), c.begin(), c.lines(1, ["not kept"]));
    expect(await summary(on, c)).toBeUndefined();
    expect(await discarded(on, "executions")).toBe(1);
    await relay.send(a.end(0));
    await on.store.indexStates(undefined);
    nowMs += 5_000;
    await relay.send(c.begin());
    expect(await summary(on, c)).toMatchObject({ discarded: [{ from: 1, to: 1, reason: "running-executions" }] });
  });
});
