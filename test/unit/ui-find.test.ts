import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { SearchEvent } from "../../src/wire/search-event.ts";
import type { ApiClient } from "../../ui/src/api-client.ts";
import { LogSource } from "../../ui/src/log/feed/log-source.ts";
import { type FindInput, type FindRequest, findRequest } from "../../ui/src/log/find/find-request.ts";
import { filterWords, findWords } from "../../ui/src/log/find/find-words.ts";
import { Finder } from "../../ui/src/log/find/finder.ts";
import { MatchFeed } from "../../ui/src/log/find/match-feed.ts";
import { parseGoto } from "../../ui/src/log/page/parse-goto.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { Stored, X } from "../support/ui-stored-lines.ts";

const KEY = { x: X, node: "n1", owner: "alice" };
const INPUT: FindInput = {
  typed: "needle",
  options: { case: "smart", word: false },
  what: { x: X },
  stream: undefined,
  node: "",
  only: [],
  nowMs: Date.UTC(2026, 10, 30, 12),
};

function request(changes: Partial<FindInput> = {}): FindRequest {
  const made = findRequest({ ...INPUT, ...changes });
  if (made === undefined || "problem" in made) throw new Error(`No request: ${JSON.stringify(made)}`);
  return made;
}

/** A collector whose execution has matches at these numbers; answers at once, as the real one would. */
function collector(matches: number[], lastN = 100_000) {
  const asked: Record<string, unknown>[] = [];
  const hit = (n: number): SearchEvent => {
    const time = new Date(n * 1_000).toISOString().replace("Z", "000Z");
    return { t: "hit", ...KEY, n, lastN: n, time, stream: "stdout", text: `needle ${n}`, at: [[0, 6]] };
  };
  const search: ApiClient["search"] = async (body, { onEvent, signal }) => {
    const { from, direction, limit = 1_000, buckets } = body as Record<string, number | string | undefined>;
    asked.push(body as Record<string, unknown>);
    const numbers = [...matches].filter((n) => {
      if (from === undefined) return true;
      return direction === "previous" ? n <= Number(from) : n >= Number(from);
    });
    if (direction === "previous") numbers.reverse();
    const shown = numbers.slice(0, Number(limit));
    if (signal.aborted) return { ok: true, value: true };
    for (const n of shown) onEvent(hit(n));
    if (buckets !== undefined) {
      const counts = new Map<number, number>();
      for (const n of matches) counts.set(Math.floor((n - 1) / 50), (counts.get(Math.floor((n - 1) / 50)) ?? 0) + 1);
      onEvent({ t: "buckets", ...KEY, size: 50, counts: [...counts] });
    }
    const capped = from === undefined ? buckets === undefined && numbers.length > shown.length : shown.length === limit;
    const totals = { hits: buckets === undefined ? shown.length : matches.length, executions: 1, bytes: 1 };
    onEvent({ t: "end", ...totals, capped, longLines: 0, unreadable: 0, ...(capped ? { why: "limit" as const } : {}) });
    return { ok: true, value: true };
  };
  const stored = new Stored("n1", lastN);
  const source = new LogSource({ index: 0, execution: { ...stored.summary(), ...KEY }, correctsMs: 0 });
  return { api: { search, lines: async () => Promise.reject(new Error("not asked")) }, asked, source };
}

function finderOf(matches: number[]) {
  const on = collector(matches);
  const finder = new Finder({ api: on.api, sources: () => [on.source], onChange: () => undefined });
  finder.ask(request());
  const at = (n: number) => ({ ...KEY, n, time: "" });
  return { ...on, finder, at };
}

describe("find", () => {
  test("goes to the nearest match, then on from it in both directions, and around the ends", async () => {
    const { finder, at } = finderOf([10, 20, 30]);
    expect((await finder.nearest(at(15)))?.n).toBe(20);
    expect((await finder.go("next", at(0)))?.n).toBe(30);
    expect([(await finder.go("next", at(0)))?.n, finder.note]).toEqual([10, "From the top"]);
    expect([(await finder.go("previous", at(0)))?.n, finder.note]).toEqual([30, "From the end"]);
    expect((await finder.go("previous", at(0)))?.n).toBe(20);
    expect(findWords(finder, false)).toBe("2 of 3");
  });

  test("takes the last match above, where none is below", async () => {
    const { finder, at } = finderOf([10, 20]);
    expect((await finder.nearest(at(90)))?.n).toBe(20);
  });

  test("asks the collector for matches beyond the first ones, and counts about there", async () => {
    const many = Array.from({ length: 5_000 }, (_, at) => (at + 1) * 10);
    const { finder, at, asked } = finderOf(many);
    expect((await finder.nearest(at(40_005)))?.n).toBe(40_010);
    expect((await finder.go("previous", at(0)))?.n).toBe(40_000);
    expect(asked.at(-1)).toMatchObject({ from: 40_009, direction: "previous", limit: 1 });
    expect(findWords(finder, true)).toBe("about 3,996 of 5,000 so far");
    expect((await finder.go("next", at(0)))?.n).toBe(40_010);
  });

  test("goes by the collector's time in a run, where more match than are kept", async () => {
    const BEHIND = { ...KEY, x: "01ARZ3NDEKTSV4RRFFQ69G5FAW", node: "n2" };
    const asked: object[] = [];
    const hit = (key: typeof KEY, n: number): SearchEvent => {
      const time = `2026-11-30T12:00:0${n}.000000Z`;
      return { t: "hit", ...key, n, lastN: n, time, stream: "stdout", text: "needle", at: [[0, 6]] };
    };
    // The clock of n2 is 10 s behind: its line is the last one, as the collector says.
    const inOrder = [hit(KEY, 2), hit(KEY, 3), hit(BEHIND, 1)];
    const search: ApiClient["search"] = async (body, { onEvent }) => {
      const { place, direction } = body as { place?: { x?: string; n?: number }; direction?: string };
      if (place === undefined) onEvent(hit(BEHIND, 1));
      else {
        asked.push(place);
        const isNext = direction === "next";
        const at = inOrder.findIndex((each) => each.t === "hit" && each.x === place.x && each.n === place.n);
        const from = at >= 0 ? at : isNext ? -1 : inOrder.length;
        for (const each of isNext ? inOrder.slice(from + 1) : inOrder.slice(0, from).reverse()) onEvent(each);
      }
      const totals = { hits: place === undefined ? 3 : 0, executions: 2, bytes: 1 };
      onEvent({ t: "end", ...totals, capped: false, longLines: 0, unreadable: 0 });
      return { ok: true, value: true };
    };
    const execution = { ...new Stored("n2", 9).summary(), ...BEHIND, clockMs: 10_000 };
    const behind = new LogSource({ index: 0, execution, correctsMs: 10_000 });
    const finder = new Finder({ api: { search }, sources: () => [behind], onChange: () => undefined });
    finder.ask(request({ what: { job: "train" } }));
    const go = async (direction: "next" | "previous") => (await finder.go(direction, undefined))?.n;
    await finder.nearest({ ...KEY, n: 1, time: "2026-11-30T12:00:01.000000Z" });
    expect(finder.current?.n).toBe(2);
    expect([await go("next"), await go("next")]).toEqual([3, 1]);
    // What one step fetched needs no other search.
    expect(asked).toEqual([{ time: "2026-11-30T12:00:01.000000Z" }]);
    expect([await go("next"), finder.note]).toEqual([2, "From the top"]);
    expect([await go("previous"), finder.note]).toEqual([1, "From the end"]);
    expect(asked[1]).toEqual({ time: "2026-11-30T12:00:11.000000Z", x: BEHIND.x, n: 1 });
    expect(await go("previous")).toBe(3);
  });

  test("says that nothing matches, and how far a cancelled search came", async () => {
    const { finder, at } = finderOf([]);
    expect(await finder.go("next", at(1))).toBe(undefined);
    expect(findWords(finder, false)).toBe("No match");
    const { api, source } = collector([]);
    const never = { ...api, search: () => new Promise<never>(() => undefined) };
    const waiting = new Finder({ api: never, sources: () => [source], onChange: () => undefined });
    waiting.ask(request());
    expect(findWords(waiting, false)).toBe("No match, 0 % searched");
    waiting.cancel();
    expect(findWords(waiting, false)).toBe("No match, cancelled at 0 % searched");
  });
});

describe("a list of matches", () => {
  function feedOf(matches: number[], lastN = 100_000) {
    const on = collector(matches, lastN);
    const clock = new FakeClock();
    const log = { order: "n" as const, sources: [on.source], isLive: true, know: async () => undefined };
    const feed = new MatchFeed({
      ...{ api: on.api, log, request: request() },
      after: (ms, call) => clock.after(ms, call),
      onChange: () => undefined,
    });
    const numbers = (): number[] => feed.items.map(({ n }) => n);
    return { ...on, feed, clock, numbers };
  }

  test("opens at the end, and reads back page by page, and on again, bounded", async () => {
    const many = Array.from({ length: 9_000 }, (_, at) => (at + 1) * 10);
    const { feed, numbers } = feedOf(many);
    await feed.open({ at: "end" });
    expect([numbers().length, numbers().at(-1), feed.hasEarlier, feed.hasLater]).toEqual([500, 90_000, true, false]);
    while (feed.hasEarlier) await feed.load("start");
    expect([numbers()[0], numbers().length, feed.hasLater, feed.isFollowing]).toEqual([10, 3_000, true, false]);
    while (feed.hasLater) await feed.load("end");
    expect([numbers().at(-1), numbers().length, feed.hasEarlier]).toEqual([90_000, 3_000, true]);
    expect(new Set(numbers()).size).toBe(3_000);
  });

  test("opens around a line", async () => {
    const { feed, numbers } = feedOf([10, 20, 30]);
    await feed.open({ at: "line", n: 20, align: "top" });
    expect([numbers(), feed.hasEarlier, feed.hasLater]).toEqual([[10, 20, 30], false, false]);
  });

  test("takes in new matches while it follows, at most once a second", async () => {
    const found = [10];
    const { feed, clock, numbers, source, asked } = feedOf(found, 100);
    await feed.open({ at: "end" });
    for (let at = 1; at <= 50; at += 1) {
      source.see(100 + at);
      feed.grown();
    }
    found.push(140);
    const before = asked.length;
    clock.advance(1_000);
    await Promise.resolve();
    await new Promise((resolve) => setTimeout(resolve));
    expect([numbers(), feed.added, asked.length - before]).toEqual([[10, 140], 1, 1]);
    expect(asked.at(-1)).toMatchObject({ from: 101, direction: "next" });
  });

  /** Matches of two executions: `find` answers each search, undefined: the collector is away. */
  function feedOfRun(find: (since: unknown, body: { direction?: string; limit?: number }) => number[] | undefined) {
    const { source } = collector([]);
    const clock = new FakeClock();
    const sinces: unknown[] = [];
    const search: ApiClient["search"] = async (body, { onEvent }) => {
      const { since, limit } = body as { since?: string; limit?: number };
      sinces.push(since);
      const found = find(since, body);
      if (found === undefined) return { ok: false, status: 0, code: "", message: "away", retryAfterSeconds: undefined };
      for (const n of found) {
        const time = new Date(n * 1_000).toISOString().replace("Z", "000Z");
        onEvent({ t: "hit", ...KEY, n, lastN: n, time, stream: "stdout", text: "needle", at: [[0, 6]] });
      }
      const capped = found.length === limit;
      onEvent({ t: "end", hits: found.length, executions: 1, bytes: 1, capped, longLines: 0, unreadable: 0 });
      return { ok: true, value: true };
    };
    const log = { order: "time" as const, sources: [source], isLive: true, know: async () => undefined };
    const feed = new MatchFeed({
      api: { search, lines: async () => Promise.reject(new Error("not asked")) },
      ...{ log, request: request({ what: { job: "train" } }) },
      after: (ms, call) => clock.after(ms, call),
      onChange: () => undefined,
    });
    const grow = async (): Promise<void> => {
      feed.grown();
      clock.advance(1_000);
      await new Promise((resolve) => setTimeout(resolve));
    };
    return { feed, grow, sinces };
  }

  const numbers = (count: number, from = 1): number[] => Array.from({ length: count }, (_, at) => from + at);

  test("of a run: what could not be searched is searched again", async () => {
    const NOW_MS = Date.UTC(2026, 10, 30, 12);
    vi.useFakeTimers({ toFake: ["Date"], now: NOW_MS });
    onTestFinished(() => void vi.useRealTimers());
    let isDown = false;
    const { feed, grow, sinces } = feedOfRun(() => (isDown ? undefined : [1]));
    await feed.open({ at: "end" });
    isDown = true;
    await grow();
    vi.setSystemTime(NOW_MS + 60_000);
    await grow();
    expect(sinces[2]).toBe(sinces[1]);
    isDown = false;
    await grow();
    expect(sinces[3]).toBe(sinces[1]);
  });

  test("of a run: more than are held are cut at the start, which is said; nothing in view goes", async () => {
    let next = numbers(4_999);
    const { feed, grow, sinces } = feedOfRun(() => next);
    await feed.open({ at: "end" });
    expect([feed.items.length, feed.isCapped]).toEqual([4_999, false]);
    next = numbers(2_000, 5_000);
    await grow();
    expect([feed.items.length, feed.items[0]?.n, feed.items.at(-1)?.n, feed.isCapped]).toEqual([
      ...[5_000, 2_000, 6_999],
      true,
    ]);
    feed.setFollowing(false);
    const asked = sinces.length;
    await grow();
    expect([feed.items[0]?.n, sinces.length]).toEqual([2_000, asked]);
  });

  test("of a run: an answer that is cut off at its limit says so", async () => {
    let next = [1];
    const { feed, grow } = feedOfRun(() => next);
    await feed.open({ at: "end" });
    next = numbers(5_000);
    await grow();
    expect(feed.isCapped).toBe(true);
  });

  test("of a run: of more matches than one answer takes the last ones come in", async () => {
    const printed = numbers(3);
    const { feed, grow } = feedOfRun((_, { direction, limit }) => {
      return direction === "previous" ? printed.toReversed().slice(0, limit) : printed.slice(0, limit);
    });
    await feed.open({ at: "end" });
    printed.push(...numbers(6_000, 4));
    await grow();
    expect([feed.items.at(-1)?.n, feed.items.length, feed.isCapped]).toEqual([6_003, 5_000, true]);
  });

  test("says how much it hides", () => {
    const { finder } = finderOf([1, 2]);
    expect(filterWords(finder, { lines: 1_000, added: 1, isCapped: false })).toBe("3 of 1,000 lines, 997 hidden");
  });
});

describe("typed text becomes a request", () => {
  test("with the page's own choices, which typed text overrides", () => {
    expect(request({ typed: "a node:n[1-2]", stream: "stderr", node: "n9" }).body).toMatchObject({
      ...{ pattern: "a", stream: "stderr", nodes: ["n1", "n2"] },
    });
    expect(request({ typed: "a stream:stdout", stream: "stderr" }).body).toMatchObject({ stream: "stdout" });
    expect(request({ typed: "a since:-10m" }).body).toMatchObject({ since: "2026-11-30T11:50:00.000000Z" });
  });

  test.each([
    ["since:whenever", /is no time/],
    ["node:n[1-", /Cannot read/],
    ["/a/ /b/", /Only one/],
    ['"a', /not closed/],
  ])("or %j a problem in words", (typed, words) => {
    expect(findRequest({ ...INPUT, typed })).toEqual({ problem: expect.stringMatching(words) });
  });

  test("or nothing", () => {
    expect(findRequest({ ...INPUT, typed: "  " })).toBe(undefined);
  });
});

describe("where to go", () => {
  const endMs = new Date(2026, 10, 30, 15, 0).getTime();
  const at = (...time: [number, number, number, number, number]): number => new Date(...time).getTime();
  test.each([
    ["500000", { is: "line", n: 500_000 }],
    ["1,234", { is: "line", n: 1_234 }],
    ["50%", { is: "part", part: 0.5 }],
    ["14:05", { is: "time", atMs: at(2026, 10, 30, 14, 5) }],
    ["-10m", { is: "time", atMs: at(2026, 10, 30, 14, 50) }],
    ["Nov 28 18:00", { is: "time", atMs: at(2026, 10, 28, 18, 0) }],
  ])("%s", (typed, to) => {
    expect(parseGoto(typed, { endMs, hasNumbers: true })).toEqual(to);
  });

  test.each(["200%", "x", "-x", "25:00"])("%s is no place, and says so", (typed) => {
    expect(parseGoto(typed, { endMs, hasNumbers: true })).toHaveProperty("problem");
  });

  test("a job has no line numbers of its own", () => {
    expect(parseGoto("5", { endMs, hasNumbers: false })).toHaveProperty("problem");
  });
});
