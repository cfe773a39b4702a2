import { expect, test } from "vitest";
import { EventQueue } from "../../src/fleet/link/event-queue.ts";
import { RunViews } from "../../src/fleet/outbox/run-views.ts";
import { newRun } from "../support/fleet-keys.ts";

const ROW = {
  state: "sent",
  why: "",
  text: "",
  code: null,
  signal: null,
  by: "",
  at: 1,
  journal: "",
  final: 0,
} as const;

/** Views of runs on so many nodes each, newest first, and the turns of the event loop that were waited for. */
function views(...nodesOf: readonly number[]) {
  const runs = nodesOf.map((count) => ({ run: newRun(), count }));
  const row = (run: string) => {
    const about = { job: "train", argv: "[]", via: "ssh", digest: "", issued: 1, expires: 2 } as const;
    return { owner: "alice", run, ...about, message: null, details: "{}" };
  };
  let turns = 0;
  const nextTurn = async () => {
    turns += 1;
  };
  const db = {
    run: (_: string, run: string) => row(run),
    runs: () => runs.map(({ run }) => row(run)),
    targets: (_: string, run: string) =>
      Array.from({ length: runs.find((each) => each.run === run)?.count ?? 0 }, (__, at) => {
        return { owner: "alice", run, node: `node${at}`, ...ROW };
      }),
  };
  const made = new RunViews({ db, after: () => () => undefined, nextTurn });
  return { made, first: runs[0]?.run ?? "", turns: () => turns };
}

test.each([
  [1, 0],
  [128, 0],
  [129, 1],
  [1_000, 7],
  [4_000, 31],
])("a view of a run on %i nodes lets others have %i turns meanwhile", async (count, most) => {
  const { made, first, turns } = views(count);
  const view = await made.one("alice", first);
  expect(view?.nodes.map(({ node }) => node)).toEqual(Array.from({ length: count }, (_, at) => `node${at}`));
  expect(new Set(view?.nodes.map(({ x }) => x)).size).toBe(count);
  expect(turns()).toBe(most);
});

test("so does a page of many runs, small or large", async () => {
  const { made, turns } = views(...Array.from({ length: 300 }, () => 1), 1_000);
  const page = await made.page("alice", { before: "~", limit: 500 });
  expect(page.map(({ nodes }) => nodes.length)).toEqual([...Array.from({ length: 300 }, () => 1), 1_000]);
  expect(turns()).toBe(2 + 7);
});

/** Takes numbers as messages of so many bytes; `turn` is one of the event loop. */
function queue(bytes: number) {
  const [taken, later]: [number[], (() => void)[]] = [[], []];
  let left = 0;
  const made = new EventQueue<number>({
    take: (message) => void taken.push(message),
    bytesOf: () => bytes,
    soon: (act) => void later.push(act),
    onFull: () => {
      left += 1;
    },
  });
  const turn = () => {
    for (const act of later.splice(0)) act();
    return taken.length;
  };
  return { made, taken, turn, left: () => left };
}

test("what nodes report is taken in its order, 64 in a turn; what comes meanwhile follows", () => {
  const { made, taken, turn } = queue(500);
  for (let i = 0; i < 150; i += 1) made.add(i);
  expect([taken.length, turn()]).toEqual([0, 64]);
  for (let i = 150; i < 200; i += 1) made.add(i);
  expect([turn(), turn(), turn(), turn()]).toEqual([128, 192, 200, 200]);
  expect(taken).toEqual(Array.from({ length: 200 }, (_, at) => at));
  made.add(200);
  expect(turn()).toBe(201);
});

test.each([
  ["in number", 1, 32_768],
  ["in bytes", 2 ** 20, 64],
])(
  "what waits is bounded %s; what has no room is left out and counted, and there is room again after a turn",
  (_, bytes, most) => {
    const { made, taken, turn, left } = queue(bytes);
    for (let i = 0; i < most + 10; i += 1) made.add(i);
    expect(left()).toBe(10);
    turn();
    made.add(-1);
    expect(left()).toBe(10);
    while (taken.length < most + 1) turn();
    expect(taken.at(-1)).toBe(-1);
    made.add(1);
    made.clear();
    made.add(2);
    turn();
    expect(taken.slice(-2)).toEqual([-1, 2]);
  },
);
