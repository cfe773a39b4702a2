import { describe, expect, it } from "vitest";
import type { OwnerOf } from "../../../src/store/owner/owner-lookup.ts";
import { fakeExecution } from "../../support/envelopes.ts";
import { type IngestSite, metric, openRelay, ROOT, startIngestSite, untilMetric } from "../../support/ingest-site.ts";
import { poll } from "../../support/poll.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const ALICE = { name: "alice", uid: undefined };

/** A user directory, and a clock that tests advance. */
function machine(answer: Awaited<ReturnType<OwnerOf>>) {
  const state = { answer, nowMs: Date.now(), asked: 0 };
  const ownerOf: OwnerOf = async () => {
    state.asked += 1;
    return state.answer;
  };
  return { state, site: { ownerOf, nowMs: () => state.nowMs } };
}

function delivered(on: IngestSite, { x, node }: { x: string; node: string }): Promise<unknown> {
  return poll("it is shown, complete", async () => {
    const found = await on.archive.get(ROOT, { x, node });
    return found?.delivery === "complete" && found;
  });
}

describe("while the user directory does not answer", () => {
  it("makes a relay wait, unacknowledged", async () => {
    const { state, site } = machine("unavailable");
    const on = await startIngestSite(site);
    const a = fakeExecution();
    const relay = await openRelay(on);
    const sent = relay.send(a.begin(), a.lines(1, ["1"]), a.end(1));
    await untilMetric(on, "ml_store_held_begins_total", 2);
    expect(relay.replies).toHaveLength(1);
    expect(on.logLines.filter((line) => line.includes("the user directory does not answer"))).toHaveLength(1);
    state.answer = ALICE;
    await sent;
    expect(await delivered(on, a)).toMatchObject({ owner: "alice", lines: 1 });
  });

  it("waits half a minute, then keeps what came and claims it when the directory answers", async () => {
    const { state, site } = machine("unavailable");
    const on = await startIngestSite(site);
    const [a, b] = [fakeExecution(), fakeExecution()];
    const relay = await openRelay(on);
    const sent = relay.send(a.begin(), a.lines(1, ["1"]), a.end(1));
    await untilMetric(on, "ml_store_held_begins_total", 1);
    state.nowMs += 30_000;
    await sent;
    await relay.send(b.begin(), b.begin(), b.lines(1, ["1"]), b.end(1));
    expect(await metric(on, "ml_quarantine_begins")).toBe(2);
    expect(await metric(on, "ml_store_refused_begins_total")).toBe(0);
    state.answer = ALICE;
    state.nowMs += 5_000;
    expect(await delivered(on, a)).toMatchObject({ owner: "alice", lines: 1 });
    expect(await delivered(on, b)).toMatchObject({ owner: "alice", lines: 1 });
    await poll("nothing waits any more", async () => (await metric(on, "ml_quarantine_begins")) === 0);
    expect(await metric(on, "ml_quarantine_bytes")).toBe(0);
  });

  it("does not make a relay wait again for ten minutes", async () => {
    const { state, site } = machine("unavailable");
    const on = await startIngestSite(site);
    const relay = await openRelay(on);
    const sent = relay.send(fakeExecution().begin());
    await untilMetric(on, "ml_store_held_begins_total", 1);
    state.nowMs += 30_000;
    await sent;
    const held = await metric(on, "ml_store_held_begins_total");
    state.nowMs += 569_999;
    await relay.send(fakeExecution().begin());
    expect(await metric(on, "ml_store_held_begins_total")).toBe(held);
    state.nowMs += 1;
    void relay.send(fakeExecution().begin()).catch(() => {});
    await untilMetric(on, "ml_store_held_begins_total", held + 1);
  });

  it("a hanging directory delays a relay no longer than a failing one", async () => {
    const { state, site } = machine("unavailable");
    const hanging = new Promise<never>(() => {});
    const on = await startIngestSite({ ...site, ownerOf: async () => (state.asked++ === 0 ? state.answer : hanging) });
    const relay = await openRelay(on);
    const sent = relay.send(fakeExecution().begin());
    await untilMetric(on, "ml_store_held_begins_total", 1);
    state.nowMs += 30_000;
    await sent;
  });
});

describe("a BEGIN of an unknown uid", () => {
  it("is claimed once a user has the uid, also by the next start", async () => {
    const { state, site } = machine(undefined);
    const dataDir = await tempFolder();
    const first = await startIngestSite({ ...site, dataDir });
    const a = fakeExecution();
    await (await openRelay(first)).send(a.begin(), a.lines(1, ["1"]), a.end(1));
    expect(await metric(first, "ml_store_refused_begins_total", "unknown-uid")).toBe(1);
    await first.stop();
    state.answer = ALICE;
    const second = await startIngestSite({ ...site, dataDir });
    expect(await delivered(second, a)).toMatchObject({ owner: "alice", lines: 1 });
  });

  it.each([
    ["quarantine-execution-bytes", { maxExecutionBytes: 100 }],
    ["quarantine-node-bytes", { maxNodeBytes: 100 }],
    ["quarantine-executions", { maxExecutionsPerNode: 0 }],
  ])("is bounded by %s", async (reason, quarantine) => {
    const on = await startIngestSite({ ...machine(undefined).site, quarantine });
    await (await openRelay(on)).send(fakeExecution().begin());
    expect(await metric(on, "ml_store_refused_begins_total", reason)).toBe(1);
    expect(await metric(on, "ml_quarantine_begins")).toBe(0);
  });

  it("is discarded with the lines that wait for it", async () => {
    const { state, site } = machine(undefined);
    const on = await startIngestSite(site);
    await (await openRelay(on)).send(fakeExecution().begin());
    expect(await metric(on, "ml_quarantine_begins")).toBe(1);
    state.nowMs += 8 * 86_400_000;
    await poll("it is gone", async () => (await metric(on, "ml_quarantine_begins")) === 0);
    expect(await metric(on, "ml_quarantine_bytes")).toBe(0);
  });
});
