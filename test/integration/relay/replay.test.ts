import { describe, expect, it } from "vitest";
import { type FakeExecution, fakeExecution } from "../../support/envelopes.ts";
import { type IngestSite, metric, openRelay, ROOT, startIngestSite } from "../../support/ingest-site.ts";
import { poll } from "../../support/poll.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const summary = (on: IngestSite, { x, node }: FakeExecution) => on.archive.get(ROOT, { x, node });
const untilLost = (on: IngestSite, a: FakeExecution) =>
  poll("lost", async () => (await summary(on, a))?.state === "lost");

/** Frames of a relay's journal, sent again hours later. */
const replayed = (a: FakeExecution) => [a.begin(), a.lines(1, ["1", "2"]), a.beat(1, 4), a.beat(2, 5), a.begin()];

describe("a replay of an execution", () => {
  it("that has ended changes nothing", async () => {
    const on = await startIngestSite();
    const a = fakeExecution();
    const relay = await openRelay(on);
    await relay.send(...replayed(a), a.end(2, { code: 3 }));
    const before = await summary(on, a);
    expect(before).toMatchObject({ state: "failed", delivery: "complete" });
    await relay.send(...replayed(a), a.beat(2, 9), a.end(2, { code: 0 }));
    expect(await summary(on, a)).toEqual(before);
  });

  it.each([
    ["does not make it run again", false],
    ["does not after a restart either", true],
  ])("that is lost %s", async (_, restarts) => {
    let nowMs = Date.now();
    const options = { dataDir: await tempFolder(), nowMs: () => nowMs };
    const on = await startIngestSite(options);
    const a = fakeExecution();
    await (await openRelay(on)).send(...replayed(a));
    nowMs += 31_000;
    await untilLost(on, a);
    if (restarts) await on.stop();
    const after = restarts ? await startIngestSite(options) : on;
    const relay = await openRelay(after);
    await relay.send(...replayed(a));
    expect(await summary(after, a)).toMatchObject({ state: "lost", lines: 2 });
    expect(await metric(after, "ml_store_duplicate_lines_total")).toBeGreaterThanOrEqual(2);
    await relay.send(a.beat(2, 6));
    expect(await summary(after, a)).toMatchObject({ state: "running" });
  });

  it("is recognised as old after the collector was down, also for one that was running then", async () => {
    let nowMs = Date.now();
    const options = { dataDir: await tempFolder(), nowMs: () => nowMs };
    const on = await startIngestSite(options);
    const a = fakeExecution();
    await (await openRelay(on)).send(...replayed(a));
    await on.stop();
    const again = await startIngestSite(options);
    expect(await summary(again, a)).toMatchObject({ state: "running" });
    nowMs += 31_000;
    await untilLost(again, a);
    await (await openRelay(again)).send(...replayed(a));
    expect(await summary(again, a)).toMatchObject({ state: "lost" });
  });
});
