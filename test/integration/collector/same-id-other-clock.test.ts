import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createSteadyClock } from "../../../src/host/steady-clock.ts";
import { type FakeExecution, fakeExecution } from "../../support/envelopes.ts";
import { type IngestSite, metric, openRelay, ROOT, rootAndBob, startIngestSite } from "../../support/ingest-site.ts";
import { poll } from "../../support/poll.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { pkiLasting, TlsSite } from "../../support/tls-site.ts";

const HOUR_MS = 3_600_000;

const viewer = (user: string) => ({ user, uid: 1, admin: false });

/** An execution's lines as its owner reads them. */
async function textsOf(on: IngestSite, user: string, { x, node }: FakeExecution): Promise<string> {
  const chunks = await on.archive.read(viewer(user), { x, node, from: 1, maxLines: 100, maxBytes: 100_000 });
  return chunks.map(({ cri }) => cri.toString().replaceAll(/^.{37}/gm, "")).join("");
}

describe("an execution id that is used twice", () => {
  it("by one user on one node, on any day with any command: the first keeps it", async () => {
    const on = await startIngestSite({ ownerOf: rootAndBob });
    const first = fakeExecution();
    const second = fakeExecution({ x: first.x });
    const relay = await openRelay(on);
    const other = { argv: ["/bin/other"], startedAt: "2026-11-21T00:00:00.000000Z" };
    await relay.send(first.begin(), second.begin(other), first.lines(1, ["first"]), second.lines(1, ["second"]));
    await relay.send(second.end(1), first.end(1));
    expect(await metric(on, "ml_store_refused_begins_total", '"id-in-use"')).toBe(1);
    expect(await textsOf(on, "root", first)).toBe("first\n");
    expect((await on.archive.list(ROOT, { limit: 10 })).executions).toHaveLength(1);
  });

  it("on two nodes: two executions, distinguished by node", async () => {
    const on = await startIngestSite({ ownerOf: rootAndBob });
    const first = fakeExecution({ node: "node1" });
    const second = fakeExecution({ node: "node2", x: first.x, k: first.k });
    const relay = await openRelay(on);
    await relay.send(first.begin(), second.begin(), first.lines(1, ["on 1"]), second.lines(1, ["on 2"]));
    await relay.send(first.end(1), second.beat(1, 1));
    expect([await textsOf(on, "root", first), await textsOf(on, "root", second)]).toEqual(["on 1\n", "on 2\n"]);
    expect(await on.archive.get(ROOT, { x: first.x, node: "node1" })).toMatchObject({ state: "finished" });
    expect(await on.archive.get(ROOT, { x: first.x, node: "node2" })).toMatchObject({ state: "running" });
  });

  it("by two users on one node: each gets an execution of their own", async () => {
    const on = await startIngestSite({ ownerOf: rootAndBob });
    const [bobs, roots] = [fakeExecution(), fakeExecution()];
    const same = fakeExecution({ x: bobs.x, k: roots.k });
    const relay = await openRelay(on);
    await relay.send(bobs.begin({}, 1001), same.begin({}, 0), bobs.lines(1, ["bob's"]), same.lines(1, ["root's"]));
    expect([await textsOf(on, "bob", bobs), await textsOf(on, "root", same)]).toEqual(["bob's\n", "root's\n"]);
    for (const [user, text] of [
      ["bob", "bob's\n"],
      ["root", "root's\n"],
    ] as const) {
      const log = join(on.dataDir, "logs", user, "2026-11-20", `${bobs.x}.node1.job_sh.log`);
      expect(readFileSync(log, "utf8")).toMatch(text);
    }
  });
});

describe("two nodes with the same host name", () => {
  it("are distinguished by certificate, whatever their frames say, even with the same id and key", async () => {
    const tls = await TlsSite.start(await pkiLasting(undefined, "node1", "node2"));
    const [first, second] = [await tls.connect("node1"), await tls.connect("node2")];
    const a = fakeExecution({ node: "localhost" });
    await first.send(a.begin(), a.lines(1, ["on the first"]));
    await second.send(a.lines(1, ["on the second"]), a.begin(), a.end(1));
    const of = (node: string) => ({ ...a, node });
    expect(await textsOf(tls.site, "root", of("node1"))).toBe("on the first\n");
    expect(await textsOf(tls.site, "root", of("node2"))).toBe("on the second\n");
    expect((await tls.site.archive.nodes(ROOT)).map(({ node }) => node)).toEqual(["node1", "node2"]);
    expect(await tls.site.archive.get(ROOT, { x: a.x, node: "node1" })).toMatchObject({ state: "running" });
  });
});

describe("lines whose times go back", () => {
  it("are stored and read in the order of their numbers", async () => {
    const on = await startIngestSite({ ownerOf: rootAndBob });
    const a = fakeExecution();
    const at = (time: string, frame: string) => frame.replace(/ 2026-\S+ /, ` ${time} `);
    const times = [
      "2026-11-20T05:00:00.000001+00:00",
      "2026-11-20T04:00:00.000000+00:00",
      "2027-01-01T00:00:00.000000+00:00",
    ];
    const frames = times.map((time, i) => at(time, a.lines(i + 1, [`line ${i + 1}`])));
    await (await openRelay(on)).send(a.begin(), ...frames, a.end(3));
    expect(await textsOf(on, "root", a)).toBe("line 1\nline 2\nline 3\n");
    const { lines, delivery } = (await on.archive.get(ROOT, a)) ?? {};
    expect([lines, delivery]).toEqual([3, "complete"]);
  });
});

describe("a clock of the collector that jumps", () => {
  it.each([
    ["ahead by a day", 24 * HOUR_MS],
    ["back by a day", -24 * HOUR_MS],
  ])("%s loses, ends and forgets nothing, and timed work goes on", async (_, jumpMs) => {
    let [wallMs, monotonicMs] = [Date.now(), 0];
    const clock = () =>
      createSteadyClock(
        () => wallMs,
        () => monotonicMs,
      );
    const pass = (ms: number) => {
      wallMs += ms;
      monotonicMs += ms;
    };
    const dataDir = await tempFolder();
    const options = { dataDir, maxRunningPerOwner: 5 };
    const on = await startIngestSite({ ownerOf: rootAndBob, ...options, nowMs: clock() });
    const [running, ended, early] = [fakeExecution(), fakeExecution(), fakeExecution()];
    const relay = await openRelay(on);
    await relay.send(running.begin(), ended.begin(), running.lines(1, ["1"]), ended.lines(1, ["1"]), ended.end(2));
    await relay.send(early.lines(1, ["before its BEGIN"]));
    const state = async () => [await on.archive.get(ROOT, running), await on.archive.get(ROOT, ended)];
    wallMs += jumpMs;
    pass(1_000);
    await relay.send(running.beat(1, 1));
    expect(await state()).toMatchObject([{ state: "running" }, { state: "finished", delivery: "receiving" }]);
    // Half a minute of silence still means lost.
    pass(31_000);
    await poll("what is silent to be lost", async () => (await on.archive.get(ROOT, running))?.state === "lost");
    await poll("the hole to be final", async () => (await on.archive.get(ROOT, ended))?.delivery === "incomplete");
    await relay.send(running.beat(1, 2), early.begin());
    expect(await on.archive.get(ROOT, early)).toMatchObject({ lines: 1 });
    // The index follows by itself.
    await poll("the index to follow", async () => {
      pass(3_000);
      await relay.send(running.beat(1, Math.floor(monotonicMs)));
      return (await on.archive.nodes(ROOT))[0]?.running === 2;
    });
    await on.stop();

    // A restart uses the present clock with records written under the other.
    const again = await startIngestSite({ ownerOf: rootAndBob, ...options, nowMs: clock() });
    expect(await again.archive.get(ROOT, running)).toMatchObject({ state: "running" });
    wallMs -= jumpMs;
    await again.stop();
    const third = await startIngestSite({ ownerOf: rootAndBob, ...options, nowMs: clock() });
    await (await openRelay(third)).send(running.lines(2, ["2"]), running.end(3));
    expect(await third.archive.get(ROOT, running)).toMatchObject({ state: "finished", delivery: "receiving" });
    pass(31_000);
    await poll("its hole to be final", async () => {
      return (await third.archive.get(ROOT, running))?.delivery === "incomplete";
    });
  });
});
