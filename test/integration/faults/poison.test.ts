import { mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type FakeExecution, fakeExecution } from "../../support/envelopes.ts";
import { type IngestSite, metric, openRelay, ROOT, rootAndBob, startIngestSite } from "../../support/ingest-site.ts";
import { poll } from "../../support/poll.ts";
import { tempFolder } from "../../support/temp-folder.ts";

/** Makes one execution's files unwritable even for root: a folder in place of a file, or the reverse. */
const summary = (on: IngestSite, { x, node }: FakeExecution) => on.archive.get(ROOT, { x, node });
const pathOf = (dataDir: string, { x }: FakeExecution, ending: string) =>
  join(dataDir, "logs/root/2026-11-20", `${x}.node1.job_sh.${ending}`);

/** Puts a folder in a file's place. Returns how to mend it. */
function block(path: string): () => void {
  renameSync(path, `${path}.aside`);
  mkdirSync(path);
  return () => {
    rmdirSync(path);
    renameSync(`${path}.aside`, path);
  };
}

describe("an execution whose files cannot be written", () => {
  it.each(["ten minutes", "a restart"])("gets its lines once mended, after %s, although it has ended", async (what) => {
    let nowMs = Date.now();
    const dataDir = await tempFolder();
    const on = await startIngestSite({ dataDir, nowMs: () => nowMs });
    const a = fakeExecution();
    const relay = await openRelay(on);
    await relay.send(a.begin(), a.lines(1, ["one"]));
    const mend = block(pathOf(dataDir, a, "log"));
    on.store.reopen();
    await relay.send(a.lines(2, ["two"]));
    expect(await summary(on, a)).toMatchObject({ lines: 1, lastN: 1, delivery: "receiving" });
    mend();
    await relay.send(a.lines(3, ["three"]), a.end(3));
    expect(await metric(on, "ml_store_quarantined_lines_total")).toBe(1);
    if (what === "a restart") await on.stop();
    else nowMs += 600_000;
    const now = what === "a restart" ? await startIngestSite({ dataDir, nowMs: () => nowMs }) : on;
    await poll("all lines", async () => (await summary(now, a))?.delivery === "complete");
    expect(await metric(now, "ml_quarantine_bytes")).toBe(0);
  });

  it.each([
    ["log", (a: FakeExecution) => a.lines(2, ["two", "three"])],
    ["meta", (a: FakeExecution) => a.lines(3, ["three"])],
  ])(
    "(its %s) waits in quarantine; other executions of its node continue, and nothing is lost once it is mended",
    async (ending, more) => {
      let nowMs = Date.now();
      const on = await startIngestSite({ ownerOf: rootAndBob, nowMs: () => nowMs });
      const [poison, other] = [fakeExecution(), fakeExecution()];
      const relay = await openRelay(on);
      await relay.send(poison.begin({}, 0), poison.lines(1, ["one"]), other.begin({}, 1001));
      const mend = block(pathOf(on.dataDir, poison, ending));
      on.store.reopen();
      await relay.send(
        other.lines(1, ["1"]),
        more(poison),
        other.lines(2, ["2"]),
        poison.beat(3, 1),
        poison.begin({}, 0),
        other.end(2),
      );
      expect(await summary(on, other)).toMatchObject({ delivery: "complete", lines: 2 });
      expect(await metric(on, "ml_store_quarantined_lines_total")).toBeGreaterThan(0);
      expect(await metric(on, "ml_store_failures_total", '"EISDIR"')).toBeGreaterThan(0);
      expect(on.store.failure).toBeUndefined();
      // States still follow the clock, and the collector is healthy.
      const third = fakeExecution();
      await relay.send(third.begin({}, 1001));
      nowMs += 31_000;
      await poll("the third to be lost", async () => (await summary(on, third))?.state === "lost");
      expect(on.store.failure).toBeUndefined();
      mend();
      await relay.send(poison.begin({}, 0), poison.lines(2, ["two"]), poison.lines(3, ["three"]), poison.end(3));
      await poll("all lines in their places", async () => {
        const texts = readFileSync(pathOf(on.dataDir, poison, "log"), "utf8")
          .split("\n")
          .map((line) => line.slice(37));
        return texts.join() === "one,two,three,";
      });
      expect(await summary(on, poison)).toMatchObject({ delivery: "complete", lines: 3 });
      expect(await metric(on, "ml_quarantine_bytes")).toBe(0);
    },
  );

  it("waits in quarantine within its quota when its owner's folder cannot be made", async () => {
    const on = await startIngestSite({ ownerOf: rootAndBob, quarantine: { maxExecutionBytes: 1_000 } });
    const [poison, other] = [fakeExecution(), fakeExecution()];
    const place = join(on.dataDir, "logs/root");
    writeFileSync(place, "");
    const relay = await openRelay(on);
    await relay.send(poison.begin({}, 0), other.begin({}, 1001), other.lines(1, ["1"]));
    for (let n = 1; n <= 40; n += 1) await relay.send(poison.lines(n, [`line ${n}`]));
    await relay.send(other.end(1));
    expect(await metric(on, "ml_store_refused_begins_total", '"path"')).toBe(1);
    expect(await metric(on, "ml_store_discarded_lines_total", '"quarantine-execution-bytes"')).toBeGreaterThan(10);
    expect(await summary(on, other)).toMatchObject({ delivery: "complete" });
    expect(on.store.failure).toBeUndefined();
    rmSync(place);
    await relay.send(poison.begin({}, 0), poison.end(40));
    const { lines = 0, missing } = (await summary(on, poison)) ?? {};
    expect(lines).toBeGreaterThan(3);
    expect(missing).toEqual([[lines + 1, 40]]);
  });

  it("does not block a restart", async () => {
    const dataDir = await tempFolder();
    const on = await startIngestSite({ ownerOf: rootAndBob, dataDir });
    const [poison, other] = [fakeExecution(), fakeExecution()];
    await (await openRelay(on)).send(poison.begin({}, 0), other.begin({}, 1001), other.lines(1, ["1"]));
    await on.stop();
    const mend = block(pathOf(dataDir, poison, "meta"));
    const again = await startIngestSite({ ownerOf: rootAndBob, dataDir });
    const relay = await openRelay(again);
    await relay.send(other.lines(2, ["2"]), poison.lines(1, ["one"]), other.end(2));
    expect(await summary(again, other)).toMatchObject({ delivery: "complete", lines: 2 });
    mend();
    await relay.send(poison.begin({}, 0), poison.end(1));
    expect(await summary(again, poison)).toMatchObject({ delivery: "complete", lines: 1 });
  });
});
