import { beforeAll, expect, test } from "vitest";
import { type Board, parseBoard } from "../../../src/wire/board.ts";
import { parseGlances } from "../../../src/wire/glance.ts";
import { parseRunTimes } from "../../../src/wire/run-times.ts";
import type { Launched } from "../../support/launched.ts";
import { type RunSite, startRunSite } from "../../support/run-site.ts";
import { type Browser, signedIn } from "../../support/web.ts";

const RANKS = 300;
const SECOND = 1_000;
const FAILED = 211;
const HANGING = 42;

let on: RunSite;
let alice: Browser;
let ranks: Launched[];

/** A run of hundreds: one has failed, one prints nothing any more, the others print every second. */
beforeAll(async () => {
  on = await startRunSite();
  const { site, clock } = on;
  const startedMs = clock.nowMs;
  ranks = await on.begin(
    Array.from({ length: RANKS }, (_, rank) => ({ job: "train", run: "7", node: `node${rank}`, rank, startedMs })),
  );
  for (let second = 1; second <= 42; second += 1) {
    clock.nowMs += SECOND;
    const printing = ranks.filter((_, rank) => second === 1 || (rank !== HANGING && rank !== FAILED));
    const isTime = second === 1 || second === 42;
    await site.store.store(isTime ? printing.map((one) => one.lines(site, clock.nowMs, [`epoch ${second}`])) : []);
    if (second === 20) await site.store.store(ranks.map((one) => one.beat(site)));
    if (second !== 30) continue;
    const failed = at(FAILED);
    const said = ["Traceback (most recent call last):", "MemoryError"];
    const noise = Array.from({ length: 700 }, (_, i) => `noise ${i}`);
    await site.store.store([failed.lines(site, clock.nowMs, said, "stderr")]);
    await site.store.store([failed.lines(site, clock.nowMs, noise), failed.end(site, clock.nowMs, 1)]);
  }
  alice = await signedIn(on.origin, "alice");
});

function at(rank: number): Launched {
  const found = ranks[rank];
  if (found === undefined) throw new Error(`There is no rank ${rank}`);
  return found;
}

async function board(query = "job=train&run=7"): Promise<Board> {
  const { status, json } = await alice.get(`/api/board?${query}`);
  const parsed = parseBoard(json);
  if (status !== 200 || parsed === undefined) throw new Error(`The board was answered with ${status}`);
  return parsed;
}

test("names what failed first and what hangs among hundreds, with a cell for each", async () => {
  const { cells, isPartial, first, silent, silentCount, usualMs } = await board();
  expect(cells).toHaveLength(RANKS);
  expect(isPartial).toBe(false);
  expect(first).toMatchObject({ x: at(FAILED).x, node: `node${FAILED}`, rank: "211", state: "failed", code: 1 });
  expect(silent).toEqual([{ x: at(HANGING).x, node: `node${HANGING}`, rank: "42", quietMs: 41 * SECOND }]);
  expect([silentCount, usualMs]).toEqual([1, 0]);
  expect(cells.filter(({ isSilent }) => isSilent)).toMatchObject([{ rank: "42", state: "running" }]);
  expect(cells.find(({ rank }) => rank === "5")).toMatchObject({ state: "running", lastN: 2, quietMs: 0 });
});

test("says when the run printed how much, and when which rank failed", async () => {
  const { json } = await alice.get("/api/run-times?job=train&run=7");
  const times = parseRunTimes(json);
  if (times === undefined) throw new Error(`No times of a run: ${JSON.stringify(json)}`);
  const lines = (await board()).cells.reduce((sum, { lastN }) => sum + lastN, 0);
  const counted = times.counts.reduce((sum, count) => sum + count, 0);
  expect(Math.abs(counted - lines) / lines).toBeLessThan(0.1);
  expect(times.sizeMs * times.counts.length).toBe(42 * SECOND);
  // The rank that failed had printed 700 lines of noise at that moment.
  expect(times.counts[Math.floor((30 / 42) * times.counts.length)]).toBeGreaterThan(650);
  expect(times.failures).toMatchObject([{ x: at(FAILED).x, rank: "211", state: "failed" }]);
  expect(Date.parse(times.failures[0]?.at ?? "")).toBe(times.fromMs + 30 * SECOND);
  expect((await alice.get("/api/run-times?job=train")).status).toBe(400);
  expect((await (await signedIn(on.origin, "bob")).get("/api/run-times?job=train&run=7&owner=alice")).status).toBe(404);
});

test("gives the last lines of a stream, however much stands behind them", async () => {
  const path = `/api/executions/${at(FAILED).x}/last-lines`;
  const texts = async (query: string) => {
    const { json } = await alice.get(`${path}?${query}`);
    return (json as { lines: { text: string }[] }).lines.map(({ text }) => text);
  };
  expect(await texts("stream=stderr")).toEqual(["Traceback (most recent call last):", "MemoryError"]);
  expect(await texts("stream=stderr&count=1")).toEqual(["MemoryError"]);
  expect(await texts("count=2")).toEqual(["noise 698", "noise 699"]);
});

test("gives a list the lines, the silence and a last line of each run that it names", async () => {
  const runs = JSON.stringify([
    ["alice", "train", "7"],
    ["alice", "train", "8"],
  ]);
  const { json } = await alice.get(`/api/glances?runs=${encodeURIComponent(runs)}`);
  const [glance, ...others] = parseGlances(json) ?? [];
  expect(others).toEqual([]);
  expect(glance).toMatchObject({ owner: "alice", job: "train", run: "7", quietMs: 0, silentCount: 1 });
  expect(glance?.lines).toBe(2 * (RANKS - 2) + 2 + 702);
  expect(glance?.line).toEqual({
    x: at(FAILED).x,
    node: `node${FAILED}`,
    rank: "211",
    text: "noise 699",
    isOfFirst: true,
  });
  const bob = await signedIn(on.origin, "bob");
  expect((await bob.get(`/api/glances?runs=${encodeURIComponent(runs)}`)).json).toEqual({ glances: [] });
});

test.each([
  ["/api/glances", 400],
  ["/api/glances?runs=[1]", 400],
  ["/api/board?job=train", 400],
  ["/api/board?run=7", 400],
  ["/api/board?job=train&run=8", 404],
  ["/api/board?job=other&run=7", 404],
  ["/api/board?job=train&run=7&owner=bob", 404],
  ["/api/executions/none/last-lines", 404],
])("answers %s with %i", async (path, status) => {
  expect((await alice.get(path)).status).toBe(status);
});

test("shows another user neither board nor lines, and records what an administrator reads, once", async () => {
  const bob = await signedIn(on.origin, "bob");
  const lines = `/api/executions/${at(FAILED).x}/last-lines`;
  for (const path of ["/api/board?job=train&run=7", "/api/board?job=train&run=7&owner=alice", lines])
    expect((await bob.get(path)).status).toBe(404);
  const carol = await signedIn(on.origin, "carol");
  for (let round = 0; round < 3; round += 1) expect((await carol.get("/api/board?job=train&run=7")).status).toBe(200);
  const reads = on.audited.filter(({ event }) => event === "admin-read");
  expect(reads).toMatchObject([{ user: "carol", owner: ["alice"] }]);
});
