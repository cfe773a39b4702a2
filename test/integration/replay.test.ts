import { describe, expect, it } from "vitest";
import { afterwards } from "../support/cleanup.ts";
import { type FakeExecution, fakeExecution } from "../support/envelopes.ts";
import { type IngestSite, type IngestSiteOptions, metric, ROOT, startIngestSite } from "../support/ingest-site.ts";
import { poll } from "../support/poll.ts";
import { RelpClient } from "../support/relp-client.ts";
import { tempFolder } from "../support/temp-folder.ts";

async function site(options: IngestSiteOptions): Promise<IngestSite> {
  const started = await startIngestSite(options);
  afterwards(() => started.stop());
  return started;
}

async function client(on: IngestSite): Promise<RelpClient> {
  const opened = await RelpClient.open(on.relp.port);
  afterwards(() => opened.destroy());
  return opened;
}

const summary = (on: IngestSite, { x, node }: FakeExecution) => on.archive.get(ROOT, x, node);
const untilLost = (on: IngestSite, a: FakeExecution) =>
  poll("lost", async () => (await summary(on, a))?.state === "lost");

/** What a relay's journal sends again, hours later. */
const replayed = (a: FakeExecution) => [a.begin(), a.lines(1, ["1", "2"]), a.beat(1, 4), a.beat(2, 5), a.begin()];

describe("what is replayed of an execution", () => {
  it("that has ended changes nothing", async () => {
    const on = await site({ dataDir: await tempFolder() });
    const a = fakeExecution();
    const relay = await client(on);
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
    const on = await site(options);
    const a = fakeExecution();
    await (await client(on)).send(...replayed(a));
    nowMs += 31_000;
    await untilLost(on, a);
    if (restarts) await on.stop();
    const after = restarts ? await site(options) : on;
    const relay = await client(after);
    await relay.send(...replayed(a));
    expect(await summary(after, a)).toMatchObject({ state: "lost", lines: 2 });
    expect(await metric(after, "ml_store_duplicate_lines_total")).toBeGreaterThanOrEqual(2);
    await relay.send(a.beat(2, 6));
    expect(await summary(after, a)).toMatchObject({ state: "running" });
  });

  it("while the collector was down is known as old, also when it was running then", async () => {
    let nowMs = Date.now();
    const options = { dataDir: await tempFolder(), nowMs: () => nowMs };
    const on = await site(options);
    const a = fakeExecution();
    await (await client(on)).send(...replayed(a));
    await on.stop();
    const again = await site(options);
    expect(await summary(again, a)).toMatchObject({ state: "running" });
    nowMs += 31_000;
    await untilLost(again, a);
    await (await client(again)).send(...replayed(a));
    expect(await summary(again, a)).toMatchObject({ state: "lost" });
  });
});
