import { beforeAll, expect, test } from "vitest";
import { type FakeExecution, fakeExecution } from "../../support/envelopes.ts";
import { openRelay, ROOT } from "../../support/ingest-site.ts";
import { type KeepingSite, startKeepingSite } from "../../support/keeping-site.ts";
import { type Browser, signedIn } from "../../support/web.ts";

const QUOTA_BYTES = 30_000;
const LONG_AGO = "2026-01-01T08:00:00.000000Z";

let site: KeepingSite;
let alice: Browser;
let bob: Browser;
let carol: Browser;
const [alices, bobs] = [fakeExecution({ job: "train" }), fakeExecution({ job: "train" })];
const large = Array.from({ length: 3 }, () => fakeExecution({ job: "large" }));

const keep = (who: Browser, what: object, admin = false) => who.post("/api/holds", { what, admin });
const release = (who: Browser, what: object, admin = false) => who.post("/api/holds/release", { what, admin });
const remove = (who: Browser, { x }: FakeExecution) =>
  who.send("DELETE", `/api/executions/${x}`, { headers: { origin: site.web.origin } });

beforeAll(async () => {
  site = await startKeepingSite({ heldBytesPerUser: QUOTA_BYTES });
  const relay = await openRelay(site.on);
  const frames = (one: FakeExecution, uid: number, bytes: number) => [
    one.begin({ startedAt: LONG_AGO }, uid),
    ...Array.from({ length: bytes / 5_000 }, (_, i) => one.lines(i + 1, ["x".repeat(5_000)])),
    one.end(bytes / 5_000, { endedAt: LONG_AGO }),
  ];
  await relay.send(...frames(alices, 0, 5_000), ...frames(bobs, 1002, 5_000));
  for (const one of large) await relay.send(...frames(one, 1002, 10_000));
  const { origin } = site.web;
  [alice, bob, carol] = [
    await signedIn(origin, "alice"),
    await signedIn(origin, "bob"),
    await signedIn(origin, "carol"),
  ];
  await site.settled(5);
});

test("nobody sees, places or lifts a hold on another user's executions", async () => {
  expect((await keep(alice, { x: alices.x })).status).toBe(204);
  for (const what of [
    { x: alices.x },
    { job: "train", owner: "root" },
    { x: alices.x, node: "node1", owner: "root" },
  ]) {
    expect((await keep(bob, what)).status).toBe(404);
    expect((await release(bob, what)).status).toBe(404);
  }
  expect((await bob.get("/api/holds")).json).toEqual({ holds: [] });
  for (const path of ["/api/holds?owner=root", "/api/usage?owner=root"]) expect((await bob.get(path)).status).toBe(404);
  expect((await bob.post("/api/prune", { olderThanMs: 0, owner: "root" })).status).toBe(404);
  expect((await keep(bob, { x: bobs.x }, true)).status).toBe(403);
});

test("an administrator's hold outlives its owner's wish, deletion, retention and prune", async () => {
  expect((await keep(carol, { x: bobs.x })).status).toBe(204);
  expect((await bob.get("/api/holds")).json).toMatchObject({ holds: [{ x: bobs.x, by: "admin", user: "carol" }] });
  expect((await release(bob, { x: bobs.x })).json).toMatchObject({ error: { code: "held" } });
  expect((await remove(bob, bobs)).json).toMatchObject({ error: { code: "held" } });
  const pruned = await bob.post("/api/prune", { olderThanMs: 0, job: "train" });
  expect(JSON.parse(pruned.text)).toMatchObject({ t: "end", executions: 0, held: 1 });
  await site.sweep({ maxAgeMs: 1, jobs: [{ pattern: "large", maxAgeMs: "never", newestRuns: 0 }] });
  expect(await site.on.archive.get(ROOT, bobs)).toBeDefined();
  expect((await release(carol, { x: bobs.x })).status).toBe(204);
  expect((await remove(bob, bobs)).status).toBe(204);
});

test("an owner keeps no more than the quota allows", async () => {
  const [first, second] = large;
  expect((await keep(bob, { x: first?.x })).status).toBe(204);
  const refused = await keep(bob, { job: "large" });
  expect([refused.status, refused.text]).toEqual([409, expect.stringContaining(`limit is ${QUOTA_BYTES}`)]);
  expect((await keep(carol, { job: "large", owner: "bob" })).status).toBe(204);
  expect((await carol.get("/api/usage?by=job&owner=bob")).json).toMatchObject({
    usage: [{ owner: "bob", name: "large", executions: 3, heldBytes: expect.any(Number) }],
  });
  expect((await release(carol, { job: "large", owner: "bob" })).status).toBe(204);
  expect((await remove(bob, second ?? bobs)).status).toBe(204);
  expect(site.on.audited.filter(({ event, outcome }) => event === "hold" && outcome === "refused")).toMatchObject([
    { reason: "quota", user: "bob", job: "large" },
  ]);
});

test.each([
  ["no such job", { job: "none" }, 404],
  ["no such execution", { x: "01JDTC8V6CZ7M4V5X9Q2N3K4PW" }, 404],
  ["neither", {}, 400],
  ["an id that is none", { x: "1" }, 400],
])("%s is refused", async (_, what, status) => {
  expect((await keep(alice, what)).status).toBe(status);
});
