import { readSync } from "node:fs";
import { expect, test } from "vitest";
import { fakeExecution } from "../../support/envelopes.ts";
import { FakeItems } from "../../support/fake-items.ts";
import { metric, openRelay, ROOT as SUPER } from "../../support/ingest-site.ts";
import { poll } from "../../support/poll.ts";
import { ask, disorderly, shownIn, startSearch } from "../../support/search-asks.ts";
import { signedIn } from "../../support/web.ts";

test("goes from hit to hit of a run by time, both ways, over all its executions", async () => {
  const { on, alice } = await startSearch();
  const [a, b, c] = ["node1", "node2", "node3"].map((node) => fakeExecution({ job: "steps", node }));
  if (a === undefined || b === undefined || c === undefined) throw new Error("Three are made");
  const relay = await openRelay(on);
  const at = (second: number, frame: string) => frame.replace("04:17:44.", `04:17:${second}.`);
  const begun = [a, b, c].map((each) => each.begin({ run: "r1" }));
  const [first, third, ninth] = [a.lines(1, ["hit"]), a.lines(2, ["hit", "no"]), a.lines(4, ["hit"])];
  const ofB = [at(45, b.lines(1, ["hit", "hit"])), at(46, b.lines(3, ["no"]))];
  await relay.send(...begun, at(44, first), at(45, third), at(49, ninth), ...ofB, at(47, c.lines(1, ["hit"])));
  const what = { job: "steps", run: "r1" };
  const step = async (body: object) => {
    const events = await ask(alice, { what, pattern: "hit", limit: 1, ...body });
    return events.flatMap((event) => (event.t === "hit" ? [event] : []));
  };
  const walk = async (direction: string, time: string): Promise<string[]> => {
    const seen: string[] = [];
    let place: object = { time };
    for (;;) {
      const [hit] = await step({ direction, place });
      if (hit === undefined) return seen;
      seen.push(`${hit.node} ${hit.n} :${hit.time.slice(17, 19)}`);
      place = { time: hit.time, x: hit.x, n: hit.n };
    }
  };
  const atTheSameTime =
    a.x < b.x ? ["node1 2 :45", "node2 1 :45", "node2 2 :45"] : ["node2 1 :45", "node2 2 :45", "node1 2 :45"];
  const inOrder = ["node1 1 :44", ...atTheSameTime, "node3 1 :47", "node1 4 :49"];
  expect(await walk("next", "2026-11-20T04:00:00.000000Z")).toEqual(inOrder);
  expect(await walk("previous", "2026-11-20T05:00:00.000000Z")).toEqual(inOrder.toReversed());
  const near = await ask(alice, { what, pattern: "hit", limit: 2, place: { time: "2026-11-20T04:17:45.960662Z" } });
  expect(shownIn(near)).toHaveLength(2);
  expect(near.at(-1)).toMatchObject({ t: "end", hits: 2, capped: true, why: "limit" });
  const last = { time: "2026-11-20T04:17:48.000000Z" };
  expect((await ask(alice, { what, pattern: "hit", limit: 2, place: last })).at(-1)).toMatchObject({
    hits: 1,
    capped: false,
  });
});

test("finds joined, late and unfinished lines of a running execution, in order, with context", async () => {
  const { on, alice } = await startSearch();
  const { x, node } = await disorderly(on);
  const events = await ask(alice, { pattern: "error", case: "match", before: 1 });
  expect(shownIn(events)).toEqual([
    ["context", 1, "one"],
    ["hit", 2, "late error"],
    ["context", 3, "three"],
    ["hit", 4, "a long error here"],
    ["context", 7, "Error on stderr"],
    ["hit", 8, "prompt error? "],
  ]);
  const long = events.find((event) => event.t === "hit" && event.n === 4);
  expect(long).toMatchObject({ x, node, owner: "root", lastN: 5, stream: "stdout", at: [[7, 12]] });
  expect(events.at(-1)).toMatchObject({ t: "end", hits: 3, executions: 1, capped: false, unreadable: 0 });
  expect(await metric(on, "ml_searches_total", '"done"')).toBe(1);
});

test("one execution, a job, a run, labels, nodes, streams, counts, and a limit narrow it", async () => {
  const { on, alice } = await startSearch();
  const one = await disorderly(on);
  const other = fakeExecution({ node: "node2" });
  await (await openRelay(on)).send(other.begin(), other.lines(1, ["an error"]), other.end(1));
  const hits = async (body: Record<string, unknown>) => shownIn(await ask(alice, { pattern: "error", ...body })).length;
  expect(await hits({})).toBe(5);
  expect(await hits({ what: { x: other.x } })).toBe(1);
  expect(await hits({ what: { job: "train" } })).toBe(4);
  expect(await hits({ what: { job: "train", run: "r1" } })).toBe(4);
  expect(await hits({ what: { job: "train", run: "r2" } })).toBe(0);
  expect(await hits({ labels: { rank: "3" } })).toBe(4);
  expect(await hits({ labels: { rank: "4" } })).toBe(0);
  expect(await hits({ nodes: ["node2", "node9"] })).toBe(1);
  expect(await hits({ state: "finished" })).toBe(1);
  expect(await hits({ stream: "stderr" })).toBe(1);
  expect(await hits({ also: [{ text: "a" }, { text: "long", isNot: true }] })).toBe(2);
  expect(await hits({ what: { job: "train" }, only: [other.x] })).toBe(0);
  expect(await hits({ only: [other.x] })).toBe(1);
  expect(await hits({ pattern: "", level: "error" })).toBe(1);
  expect(await hits({ until: "2026-11-20T04:17:44.960661Z" })).toBe(0);
  expect(await hits({ since: "2026-11-20T04:17:44.960662Z", until: "2026-11-20T04:17:44.960662Z" })).toBe(5);
  const counts = await ask(alice, { pattern: "error", show: "counts" });
  expect(counts.filter(({ t }) => t === "count")).toMatchObject([
    { x: other.x, hits: 1 },
    { x: one.x, hits: 4 },
  ]);
  const limited = await ask(alice, { pattern: "error", limit: 2 });
  expect(shownIn(limited)).toHaveLength(2);
  expect(limited.at(-1)).toMatchObject({ capped: true, why: "limit" });
  const where = await ask(alice, { what: { x: one.x }, pattern: "error", limit: 1, buckets: true });
  expect(where.findLast(({ t }) => t === "buckets")).toMatchObject({
    size: 1,
    counts: [
      [1, 1],
      [3, 1],
      [6, 1],
      [7, 1],
    ],
  });
  // One run, its job, and everything: by time, and all are counted, however few are shown.
  for (const [what, count] of [
    [{ job: "train", run: "r1" }, 4],
    [{ job: "train" }, 4],
    [{ all: true }, 5],
  ] as const) {
    const all = await ask(alice, { what, pattern: "error", limit: 1, buckets: true });
    expect(all.at(-1)).toMatchObject({ t: "end", hits: count, capped: false });
    const times = { from: "2026-11-20T04:17:44.960000Z", sizeMs: 1, counts: [[0, count]] };
    expect(all.findLast(({ t }) => t === "times")).toMatchObject(times);
  }
});

test("nobody finds another user's line; an administrator does, and the audit says so", async () => {
  const { on, web, alice } = await startSearch();
  const hers = await disorderly(on, 1002);
  const bob = await signedIn(web.origin, "bob");
  expect(shownIn(await ask(alice, { pattern: "error" }))).toEqual([]);
  expect(shownIn(await ask(alice, { pattern: "error", what: { all: true, owner: "bob" } }))).toEqual([]);
  expect(shownIn(await ask(bob, { pattern: "error" }))).toHaveLength(4);
  const asked = { what: { x: hers.x }, pattern: "error" };
  const foreign = await alice.post("/api/search", asked);
  const missing = await alice.post("/api/search", { ...asked, what: { x: fakeExecution().x } });
  expect([foreign.status, foreign.text]).toEqual([404, missing.text]);
  const carol = await signedIn(web.origin, "carol");
  expect(shownIn(await ask(carol, asked))).toHaveLength(4);
  expect(web.audited).toContainEqual(
    expect.objectContaining({ event: "admin-read", user: "carol", target: "POST /api/search" }),
  );
});

test("what was listed is opened as it is by then, and by those who may see it", async () => {
  const { on } = await startSearch();
  const items = new FakeItems();
  await items.begin(on);
  expect(on.store.store([items.lines(on, 1, 10), items.end(on, 10)])).toBe("stored");
  const whole = { owner: undefined, job: undefined, run: undefined, node: undefined, state: undefined, q: undefined };
  const list = async () => (await on.archive.list(SUPER, { ...whole, before: undefined, limit: 10 })).executions[0];
  const listed = await list();
  if (listed === undefined) throw new Error("Nothing is listed");
  const { x, node, owner } = listed;
  const at = { x, node, owner, from: 1, listed };
  const open = await on.archive.open(SUPER, at);
  open?.close();
  expect(open?.pieces.map(({ n, bytes }) => [n, bytes > 0])).toEqual([[1, true]]);
  expect(await on.archive.open({ user: "nobody", uid: 65_534, admin: false }, at)).toBeUndefined();
  expect(await on.archive.remove(SUPER, { x, node, owner })).toBe("removed");
  expect(await on.archive.open(SUPER, at)).toBeUndefined();
});

test("an execution of thousands of holes is read in several steps, also from its middle", async () => {
  const { on, alice } = await startSearch();
  const items = new FakeItems();
  await items.begin(on);
  const numbers = Array.from({ length: 5_500 }, (_, i) => 2 * i + 1);
  expect(on.store.store(numbers.map((n) => items.lines(on, n, n)))).toBe("stored");
  const events = await ask(alice, { pattern: "line", limit: 1_000_000 });
  expect(shownIn(events)).toEqual(numbers.map((n) => ["hit", n, `line ${n}`]));

  const whole = new FakeItems();
  await whole.begin(on);
  expect(on.store.store([whole.lines(on, 1, 40_000)])).toBe("stored");
  const open = await on.archive.open(SUPER, { x: whole.x, from: 30_001 });
  const [piece] = open?.pieces ?? [];
  if (open === undefined || piece === undefined) throw new Error("Nothing is open");
  const bytes = Buffer.alloc(piece.bytes);
  readSync(piece.fd, bytes, 0, bytes.length, piece.at);
  open.close();
  expect(bytes.toString().split("\n", 1)[0]).toMatch(/ line 30001$/);
  expect(bytes.toString()).toMatch(/ line 40000\n$/);
});

test("next and previous hits from any number are those of a whole search, and are found without it", async () => {
  const { on, alice } = await startSearch({ sizes: { firstEpochBytes: 200 } });
  const { x } = await disorderly(on);
  const all = (await ask(alice, { what: { x }, pattern: "error" })).flatMap((event) =>
    event.t === "hit" ? [event.n] : [],
  );
  expect(all).toEqual([2, 4, 7, 8]);
  const from = async (n: number, body: Record<string, unknown>) => {
    const events = await ask(alice, { what: { x }, pattern: "error", from: n, ...body });
    const { capped } = events.findLast((event) => event.t === "end") ?? {};
    return { hits: events.flatMap((event) => (event.t === "hit" ? [event.n] : [])), capped };
  };
  for (const n of [1, 4, 5, 9]) {
    const [after, before] = [all.filter((hit) => hit >= n), all.filter((hit) => hit <= n).reverse()];
    expect(await from(n, {})).toEqual({ hits: after, capped: false });
    expect(await from(n, { direction: "previous" })).toEqual({ hits: before, capped: false });
    expect(await from(n, { limit: 1 })).toEqual({ hits: after.slice(0, 1), capped: after.length > 0 });
    expect(await from(n, { limit: 2, direction: "previous" })).toEqual({
      hits: before.slice(0, 2),
      capped: before.length > 1,
    });
  }
});

test("the previous hit of a long execution is near the end of what is read", async () => {
  const { on, alice } = await startSearch({ sizes: { firstEpochBytes: 10_000, maxLineBytes: 1_000 } });
  const items = new FakeItems();
  await items.begin(on);
  expect(on.store.store([items.lines(on, 1, 40_000)])).toBe("stored");
  const what = { x: items.x };
  const read = async (body: Record<string, unknown>) => {
    const events = await ask(alice, { what, pattern: "line", word: true, limit: 1, ...body });
    const end = events.findLast((event) => event.t === "end");
    return { hits: shownIn(events), bytes: end?.t === "end" ? end.bytes : -1 };
  };
  const previous = await read({ from: 30_000, direction: "previous" });
  expect(previous.hits).toEqual([["hit", 30_000, "line 30000"]]);
  expect(previous.bytes).toBeLessThan(30_000);
  const next = await read({ from: 30_000 });
  expect(next.hits).toEqual([["hit", 30_000, "line 30000"]]);
  const far = await read({ pattern: "line 7", from: 40_000, direction: "previous" });
  expect(far.hits).toEqual([["hit", 7, "line 7"]]);
});

test("a packed log is searched without its other members, counted, and stepped through", async () => {
  let wallMs = Date.now();
  const { on, alice } = await startSearch({ sealedBy: { nowMs: () => wallMs } });
  const items = new FakeItems();
  await items.begin(on);
  const last = 14_000;
  expect(on.store.store([items.lines(on, 1, last), items.end(on, last)])).toBe("stored");
  await poll("the packed log", async () => {
    // Each time a sweep, until the index knows of the end.
    wallMs += 700_000;
    return (await metric(on, "ml_store_seals_total")) === 1;
  });
  const what = { x: items.x };
  const textBytes = await metric(on, "ml_store_sealed_bytes_total");
  const rare = await ask(alice, { what, pattern: "Line 7777", case: "ignore" });
  expect(shownIn(rare)).toEqual([["hit", 7_777, "line 7777"]]);
  const end = rare.at(-1);
  expect(end?.t === "end" && end.bytes).toBeLessThan(textBytes / 2);
  const all = await ask(alice, { what, pattern: "line", buckets: true, limit: 1 });
  expect(all.at(-1)).toMatchObject({ hits: last, bytes: textBytes });
  const previous = await ask(alice, { what, pattern: "line 13", from: 5_000, direction: "previous", limit: 2 });
  expect(shownIn(previous).map(([, n]) => n)).toEqual([1_399, 1_398]);
});
