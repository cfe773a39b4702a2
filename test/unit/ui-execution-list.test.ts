import { describe, expect, test } from "vitest";
import type { Execution } from "../../src/wire/api.ts";
import type { ListFilter } from "../../ui/src/list/execution-list.ts";
import { ExecutionList, matches } from "../../ui/src/list/execution-list.ts";
import { commandLine, describeDuration } from "../../ui/src/list/execution-words.ts";
import { groupRuns } from "../../ui/src/list/group-runs.ts";
import { describeEnding, missingLines } from "../../ui/src/list/state-badge.tsx";
import { placeOfExecution, placeOfRun } from "../../ui/src/place-of.ts";
import { RunCounts } from "../../ui/src/runs/run-counts.ts";
import { formatPlace } from "../../ui/src/url-state.ts";

const NO_FILTER: ListFilter = { q: "", node: "", state: undefined };

function execution(number: number, changes: Partial<Execution> = {}): Execution {
  const x = `01JC${String(number).padStart(22, "0")}`;
  return {
    x,
    job: x,
    run: x,
    node: "n1",
    owner: "alice",
    command: "train",
    argv: ["./train", "--fast"],
    labels: { rank: "7" },
    state: "running",
    delivery: "receiving",
    code: null,
    signal: null,
    startedAt: "2026-11-20T04:17:44.960662Z",
    endedAt: null,
    lines: 0,
    bytes: 0,
    lastN: 0,
    missing: [],
    thinned: 0,
    dropped: 0,
    ...changes,
  };
}

/** A list over an API with executions 1 to `count`, in small pages; tests add later ones to `all`. */
function listOf(count: number, filter = NO_FILTER, pageSize = 10) {
  const all = Array.from({ length: count }, (_, index) => execution(index + 1)).reverse();
  const list = new ExecutionList({
    filter,
    onChange: () => undefined,
    api: {
      executions: async ({ before, limit = 0 }) => {
        const most = Math.min(pageSize, limit);
        const rest = all.filter((each) => matches(each, filter) && (before === undefined || each.x < before));
        const executions = rest.slice(0, most);
        return { ok: true, value: { executions, next: rest.length > most ? (executions.at(-1)?.x ?? null) : null } };
      },
    },
  });
  const numbers = (): number[] => list.executions.map(({ x }) => Number(x.slice(4)));
  /** Changes an execution without a message from `/live`. */
  const change = (number: number, changes: Partial<Execution>): void => {
    const at = all.findIndex(({ x }) => x === execution(number).x);
    all[at] = execution(number, changes);
  };
  return { list, numbers, all, change };
}

describe("the list of executions", () => {
  test("is loaded in pages, newest first, to the end", async () => {
    const { list, numbers } = listOf(25);
    await list.load();
    expect([numbers()[0], numbers().length, list.hasMore]).toEqual([25, 10, true]);
    await list.loadMore();
    await list.loadMore();
    expect([numbers().at(-1), numbers().length, list.hasMore]).toEqual([1, 25, false]);
  });

  test("requests a page once, however often it is asked for", async () => {
    const { list, numbers } = listOf(30);
    await list.load();
    await Promise.all([list.loadMore(), list.loadMore()]);
    expect(numbers()).toHaveLength(20);
  });

  test("takes in new and changed executions", async () => {
    const { list, numbers } = listOf(3);
    await list.load();
    list.update(execution(4));
    list.update(execution(2, { state: "failed", code: 1 }));
    expect(numbers()).toEqual([4, 3, 2, 1]);
    expect(list.executions[2]?.state).toBe("failed");
  });

  test("is not set back by a page requested before a change", async () => {
    const { list } = listOf(3);
    const loading = list.load();
    list.update(execution(2, { state: "failed", code: 1 }));
    await loading;
    expect(list.executions.map(({ state }) => state)).toEqual(["running", "failed", "running"]);
  });

  test("catches up after a break without gaps", async () => {
    const { list, numbers, all } = listOf(12);
    await list.load();
    all.unshift(execution(13), execution(14, { state: "failed" }));
    await list.load();
    expect([numbers().length, numbers()[0]]).toEqual([10, 14]);
    all.unshift(...Array.from({ length: 30 }, (_, index) => execution(44 - index)));
    await list.load();
    expect(numbers()).toEqual([44, 43, 42, 41, 40, 39, 38, 37, 36, 35]);
    while (list.hasMore) await list.loadMore();
    expect(numbers()).toHaveLength(44);
  });

  test("drops after a break what no longer matches or is gone", async () => {
    const { list, numbers, all, change } = listOf(3, { ...NO_FILTER, state: "running" });
    await list.load();
    change(1, { state: "finished" });
    await list.load();
    expect(numbers()).toEqual([3, 2]);
    all.length = 0;
    await list.load();
    expect(numbers()).toEqual([]);
  });

  test("reloads after a break everything it had loaded, beyond the first page as well", async () => {
    const { list, change } = listOf(700, NO_FILTER, 500);
    await list.load();
    while (list.hasMore) await list.loadMore();
    change(5, { state: "failed" });
    await list.load();
    expect(list.executions).toHaveLength(700);
    expect(list.executions[695]?.state).toBe("failed");
  });

  test("has no gap when a page arrives after a reload", async () => {
    const { list, numbers, all } = listOf(30);
    await list.load();
    all.unshift(execution(31), execution(32));
    await Promise.all([list.loadMore(), list.load(), list.loadMore()]);
    while (list.hasMore) await list.loadMore();
    expect(numbers()).toEqual(Array.from({ length: 32 }, (_, index) => 32 - index));
  });

  test("prefers updates from /live over pages on their way, for executions beyond them as well", async () => {
    const { list, numbers, change } = listOf(25, { ...NO_FILTER, state: "running" });
    await list.load();
    const loading = list.loadMore();
    list.update(execution(12, { lines: 7 }));
    list.update(execution(11, { state: "finished" }));
    change(11, { state: "finished" });
    await loading;
    expect(numbers()).not.toContain(11);
    expect(list.executions.find(({ x }) => x === execution(12).x)?.lines).toBe(7);
  });

  test("leaves an old execution to its own page", async () => {
    const { list, numbers } = listOf(25);
    await list.load();
    list.update(execution(2));
    expect(numbers()).not.toContain(2);
  });

  test("keeps executions of the same id apart, by their node and by their owner", async () => {
    const { list } = listOf(1);
    await list.load();
    list.update(execution(1, { node: "n2" }));
    list.update(execution(1, { owner: "bob" }));
    expect(list.executions.map(({ node, owner }) => `${node} ${owner}`)).toEqual(["n2 alice", "n1 bob", "n1 alice"]);
  });

  test("drops executions that no longer match its filter", async () => {
    const { list, numbers } = listOf(2, { ...NO_FILTER, state: "running" });
    await list.load();
    list.update(execution(2, { state: "finished" }));
    list.update(execution(3, { state: "finished" }));
    expect(numbers()).toEqual([1]);
  });

  test.each([
    ["TRAIN", true],
    ["--fast", true],
    ["n1", true],
    ["rank=7", true],
    ["--FAST j n1", true],
    ["nothing", false],
  ])("filters live executions by text as the API does: %s", async (q, isThere) => {
    const { list, numbers } = listOf(0, { ...NO_FILTER, q });
    await list.load();
    list.update(execution(9, { job: "j" }));
    expect(numbers().length > 0).toBe(isThere);
  });
});

test("an address names the owner only when the viewer sees several users' executions", () => {
  const address = (showOwner: boolean) => [
    formatPlace(placeOfExecution(execution(1), showOwner)),
    formatPlace(placeOfRun(execution(1, { job: "train", run: "4711" }), showOwner)),
  ];
  const { x } = execution(1);
  expect(address(false)).toEqual([`?x=${x}&node=n1`, "?job=train&run=4711"]);
  expect(address(true)).toEqual([`?x=${x}&owner=alice&node=n1`, "?job=train&run=4711&owner=alice"]);
});

test("groups runs by owner, job and run, at the place of their newest execution", () => {
  const groups = groupRuns([
    execution(5, { job: "b", run: "2" }),
    execution(4, { job: "a", run: "1" }),
    execution(3, { job: "b", run: "1" }),
    execution(2, { job: "b", run: "2" }),
    execution(1, { job: "a", run: "1", owner: "bob" }),
  ]);
  expect(groups.map(({ job, run, owner, executions }) => [job, run, owner, executions.length])).toEqual([
    ["b", "2", "alice", 2],
    ["a", "1", "alice", 1],
    ["b", "1", "alice", 1],
    ["a", "1", "bob", 1],
  ]);
});

test("asks for the counts of runs at most every two seconds, and once more after the last change", async () => {
  const asked: (string | undefined)[] = [];
  const waiting: (() => void)[] = [];
  const summary = (run: string) => {
    const counts = { executions: 300, running: 1, finished: 298, failed: 1, lost: 0 };
    return { owner: "alice", job: "train", run, ...counts, startedAt: "", lastAt: "" };
  };
  const counts = new RunCounts({
    api: {
      runs: async ({ before }) => {
        asked.push(before);
        return { ok: true, value: { runs: [summary(before ?? "0")], next: before === undefined ? "1" : null } };
      },
    },
    after: (_, call) => {
      waiting.push(call);
      return () => undefined;
    },
    onChange: () => undefined,
  });
  const settle = async () => {
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  };
  for (let i = 0; i < 5; i += 1) counts.refresh(1);
  await settle();
  expect(asked).toEqual([undefined]);
  expect(counts.of({ owner: "alice", job: "train", run: "0" })).toMatchObject({ executions: 300 });
  counts.refresh(2);
  waiting.pop()?.();
  await settle();
  expect(asked).toEqual([undefined, undefined, "1"]);
  expect(counts.runs.map(({ run }) => run)).toEqual(["0", "1"]);
  waiting.pop()?.();
  await settle();
  expect(asked).toHaveLength(3);
});

test.each([
  [{ state: "failed", code: 3, signal: null }, "exit 3"],
  [{ state: "failed", code: null, signal: "SIGKILL" }, "SIGKILL"],
  [{ state: "finished", code: 0, signal: null }, ""],
  [{ state: "failed", code: 124, signal: null, timeoutMs: 7_200_000 }, "time limit"],
  [{ state: "failed", code: null, signal: "SIGTERM", stoppedBy: "alice" }, "stopped by alice"],
  [{ state: "running", code: null, signal: null }, ""],
] as const)("how an execution ended: %j", (ending, words) => {
  expect(describeEnding(ending)).toBe(words);
});

test("shows missing lines, the duration, and the command as typed", () => {
  expect(missingLines({ lastN: 100, lines: 90 })).toBe(10);
  const startedAt = "2026-11-20T04:17:44.000000Z";
  const now = Date.parse(startedAt) + 7_000;
  expect(describeDuration({ state: "finished", startedAt, endedAt: "2026-11-20T04:17:46.500000Z" }, now)).toBe("2.5 s");
  expect(describeDuration({ state: "running", startedAt, endedAt: null }, now)).toBe("7.0 s");
  expect(describeDuration({ state: "lost", startedAt, endedAt: null }, now)).toBe("unknown");
  expect(commandLine(["./a", "b c", "it's", "", "--x=1"])).toBe(`./a 'b c' 'it'\\''s' '' --x=1`);
});
