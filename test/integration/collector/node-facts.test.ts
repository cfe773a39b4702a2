import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { NodeClock } from "../../../src/store/execution/node-clock.ts";
import { fakeExecution, relayFrame } from "../../support/envelopes.ts";
import { findLog } from "../../support/find-log.ts";
import { type IngestSite, metric, openRelay, ROOT, rootAndBob, startIngestSite } from "../../support/ingest-site.ts";

const BOB = { user: "bob", uid: 1_002, admin: false };
const SECOND = 1_000;

it("a uid that means another user on a node is reported once, to administrators and on the execution", async () => {
  const on = await startIngestSite({ ownerOf: rootAndBob });
  const relay = await openRelay(on);
  const claims = [
    { node: "node1", user: "carol" },
    { node: "node1", user: "carol" },
    { node: "node2", user: "carol" },
    { node: "node2", user: "bob" },
    { node: "node2", user: "bob@example.org" },
    { node: "node2", user: "EXAMPLE\\bob" },
    { node: "node3", user: undefined },
  ];
  const shown: (string | undefined)[] = [];
  for (const { node, user } of claims) {
    const one = fakeExecution({ node });
    await relay.send(one.begin({ user }, 1_002));
    shown.push((await on.archive.get(ROOT, { x: one.x, node }))?.claimedUser);
  }
  expect(shown).toEqual(["carol", "carol", "carol", undefined, undefined, undefined, undefined]);
  const mismatch = { uid: 1_002, there: "carol", here: "bob" };
  const all = [
    { node: "node1", ...mismatch },
    { node: "node2", ...mismatch },
  ];
  expect(await on.archive.userMismatches(ROOT)).toEqual(all);
  expect(await on.archive.userMismatches(BOB)).toEqual([]);
  expect(on.logLines.filter((line) => line.includes("a uid means another user"))).toEqual([
    expect.stringMatching(/"node":"node1","uid":1002,"there":"carol","here":"bob".*\[nodes.\\"node1\\"\] users/),
    expect.stringContaining('"node":"node2"'),
  ]);
  expect(await metric(on, "ml_store_user_mismatches")).toBe(2);
});

it("an execution knows how far its node's clock is away, also after a reindex; an old BEGIN does not", async () => {
  const clock = { nowMs: Date.now() };
  const site = { ownerOf: rootAndBob, nowMs: () => clock.nowMs };
  const on = await startIngestSite(site);
  const relay = await openRelay(on);
  const at = (ms: number) => `${new Date(ms).toISOString().slice(0, -1)}000Z`;
  for (let i = 0; i < 3; i += 1) {
    await relay.send(relayFrame({ node: "node1", time: at(clock.nowMs - 7 * SECOND) }));
    clock.nowMs += 10 * SECOND;
  }
  const [now, old, other] = [fakeExecution(), fakeExecution(), fakeExecution({ node: "node2" })];
  await relay.send(now.begin({ startedAt: at(clock.nowMs - 8 * SECOND) }), now.lines(1, ["one"]), now.end(1));
  await relay.send(old.begin({ startedAt: at(clock.nowMs - 3_600 * SECOND) }), old.end(0));
  await relay.send(other.begin({ startedAt: at(clock.nowMs) }), other.end(0));
  const clocks = async ({ archive }: IngestSite) =>
    Promise.all([now, old, other].map(async ({ x, node }) => (await archive.get(ROOT, { x, node }))?.clockMs));
  expect(await clocks(on)).toEqual([7 * SECOND, undefined, undefined]);
  expect(readFileSync(await findLog(on.dataDir, now.x), "utf8")).toContain("one");
  await on.stop();
  expect(await clocks(await startIngestSite({ ...site, dataDir: on.dataDir, reindex: true }))).toEqual([
    7 * SECOND,
    undefined,
    undefined,
  ]);
});

it("an execution says which time limit ended it, or who had it stopped, also after a reindex", async () => {
  const on = await startIngestSite({ ownerOf: rootAndBob });
  const relay = await openRelay(on);
  const [late, stopped] = [fakeExecution(), fakeExecution()];
  await relay.send(late.begin(), late.end(0, { code: 124, timeoutMs: 7_200_000 }));
  await relay.send(stopped.begin(), stopped.end(0, { code: null, signal: "SIGTERM", stoppedBy: "bob" }));
  const said = ({ archive }: IngestSite) => Promise.all([late, stopped].map(({ x }) => archive.get(ROOT, { x })));
  const expected = [
    { state: "failed", code: 124, timeoutMs: 7_200_000 },
    { state: "failed", signal: "SIGTERM", stoppedBy: "bob" },
  ];
  expect(await said(on)).toMatchObject(expected);
  await on.stop();
  expect(await said(await startIngestSite({ ownerOf: rootAndBob, dataDir: on.dataDir, reindex: true }))).toMatchObject(
    expected,
  );
});

it("a running execution follows its node's clock, in its sidecar at most sixteen times", () => {
  const written: object[] = [];
  const clock = new NodeClock({ append: (record: object) => void written.push(record) }, undefined);
  const noted = [undefined, 0, 40, 100, 120, -3_000, undefined].map((ms) => [clock.note(ms), clock.behindMs]);
  expect(noted).toEqual([
    [false, undefined],
    [false, undefined],
    [false, undefined],
    [true, 100],
    [false, 100],
    [true, -3_000],
    [false, -3_000],
  ]);
  expect(written).toEqual([100, -3_000].map((behindMs) => ({ t: "clock", behindMs })));
  for (let ms = 0; ms < 100_000; ms += 1_000) clock.note(ms);
  expect(written).toHaveLength(16);
});
