import { join } from "node:path";
import { expect, test } from "vitest";
import { MessageQueue } from "../../src/fleet/link/message-queue.ts";
import { GroupCommit } from "../../src/fleet/outbox/group-commit.ts";
import { OrderBook } from "../../src/fleet/outbox/order-book.ts";
import { OutboxDb } from "../../src/fleet/outbox/outbox-db.ts";
import { RunViews } from "../../src/fleet/outbox/run-views.ts";
import { newRun, runOrder } from "../support/fleet-keys.ts";
import { tempFolder } from "../support/temp-folder.ts";

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
  return viewsOf("[]", nodesOf);
}

function viewsOf(argv: string, nodesOf: readonly number[]) {
  const runs = nodesOf.map((count) => ({ run: newRun(), count }));
  const row = (run: string) => {
    const about = { job: "train", argv, via: "ssh", digest: "", issued: 1, expires: 2 } as const;
    return { owner: "alice", run, ...about, message: null, details: "{}", fromNode: 0 as const, signer: "" };
  };
  let [turns, read] = [0, 0];
  const nextTurn = async () => {
    turns += 1;
  };
  const db = {
    published: { running: () => [] },
    transaction: { ended: async () => undefined },
    run: (_: string, run: string) => row(run),
    runBefore: (_: string, before: string) => {
      const next = runs[runs.findIndex(({ run }) => run === before) + 1];
      return next === undefined ? undefined : row(next.run);
    },
    targets: (_: string, run: string) => {
      read += 1;
      return Array.from({ length: runs.find((each) => each.run === run)?.count ?? 0 }, (__, at) => {
        return { owner: "alice", run, node: `node${at}`, ...ROW };
      });
    },
  };
  const pauses: number[] = [];
  const after = (_: () => void, afterMs: number) => {
    pauses.push(afterMs);
    return () => undefined;
  };
  const made = new RunViews({ db, after, nextTurn });
  return { made, first: runs[0]?.run ?? "", turns: () => turns, read: () => read, pauses };
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
  const { runs: page, next } = await made.page("alice", { before: "~", limit: 500 });
  expect(next).toBeNull();
  expect(page.map(({ nodes }) => nodes.length)).toEqual([...Array.from({ length: 300 }, () => 1), 1_000]);
  expect(turns()).toBe(2 + 7);
});

test.each([
  [
    "long commands",
    viewsOf(
      JSON.stringify(["x".repeat(180_000)]),
      Array.from({ length: 40 }, () => 1),
    ),
    6,
  ],
  ["many nodes", views(...Array.from({ length: 5 }, () => 4_000)), 2],
  ["one that is larger than a page", viewsOf(JSON.stringify(["x".repeat(2 ** 21)]), [1, 1, 1]), 1],
])("a page of runs with %s ends early, and names the next one", async (_, { made }, most) => {
  const all: string[] = [];
  for (let before = "~"; ; ) {
    const { runs, next } = await made.page("alice", { before, limit: 500 });
    expect(runs.length).toBeLessThanOrEqual(most);
    all.push(...runs.map(({ run }) => run));
    if (next === null) break;
    before = next;
  }
  expect(new Set(all).size).toBe(all.length);
  expect(all.length).toBeGreaterThanOrEqual(3);
});

test("all who follow a run get what was made once, and a large run's states come more seldom", async () => {
  const { made, first, read, pauses } = views(4_000);
  const gone = Array.from({ length: 20 }, () => new AbortController());
  const follow = (signal = new AbortController().signal) => made.follow("alice", first, signal)[Symbol.asyncIterator]();
  const all = gone.map(({ signal }) => follow(signal));
  const seen = async () => new Set((await Promise.all(all.map((each) => each.next()))).map(({ value }) => value));
  expect((await seen()).size).toBe(1);
  expect(read()).toBe(1);
  // One that comes later too, until the run changes.
  await follow().next();
  expect(read()).toBe(1);
  made.changed("alice", first);
  await follow().next();
  expect(read()).toBe(2);
  const waiting = all[0]?.next();
  await Promise.resolve();
  expect(pauses).toEqual([800]);
  gone[0]?.abort();
  expect((await waiting)?.done).toBe(true);
});

test("one user's open orders leave room for others'", async () => {
  const db = new OutboxDb(join(await tempFolder(), "outbox.db"));
  const ignore = () => undefined;
  const book = new OrderBook({
    db,
    nowMs: () => 0,
    wallMs: () => 0,
    onChange: ignore,
    onFinal: ignore,
    onPruned: ignore,
  });
  const nodes = Array.from({ length: 4_000 }, (_, at) => `node${at}`);
  const submit = (user: string) => {
    if (!book.hasRoom(user, { nodes: nodes.length, characters: 100 })) return false;
    const order = runOrder({ user });
    book.store(order, { signed: [{ order: "{}", sig: "" }], nodes });
    return true;
  };
  let stored = 0;
  await book.commit(() => {
    while (stored < 100 && submit("alice")) stored += 1;
    expect([stored, book.open.size]).toEqual([12, 48_000]);
    expect(submit("bob")).toBe(true);
    // What has ended gives its places back.
    const [first] = [...book.open.all()];
    for (const row of db.targets("alice", first?.run ?? "")) book.put({ ...row, state: "cancelled", final: 1 });
    expect([submit("alice"), submit("alice")]).toEqual([true, false]);
  });
  db.close();
});

/** Takes numbers as messages of so many bytes, `eachMs` for each; `turn` is one of the event loop. */
function queue(bytes: number, { eachMs = 0, dealtWith }: { eachMs?: number; dealtWith?: Promise<void> } = {}) {
  const [taken, later]: [number[], (() => void)[]] = [[], []];
  let [left, nowMs] = [0, 0];
  const made = new MessageQueue<number>({
    take: (message) => {
      taken.push(message);
      nowMs += eachMs;
      return dealtWith;
    },
    bytesOf: () => bytes,
    nowMs: () => nowMs,
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
  ["3 ms of them", 1, [3, 6, 9, 10]],
  ["one of them", 20, [1, 2, 3, 4]],
])("of what takes long, a turn takes %s", (_, eachMs, after) => {
  const { made, turn } = queue(500, { eachMs });
  for (let i = 0; i < 10; i += 1) made.add(i);
  expect(after.map(() => turn())).toEqual(after);
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

test("a report keeps its room until it is dealt with, not only until it is read", async () => {
  let store = (): void => undefined;
  const dealtWith = new Promise<void>((resolve) => {
    store = resolve;
  });
  const { made, turn, left } = queue(2 ** 20, { dealtWith });
  for (let i = 0; i < 64; i += 1) made.add(i);
  expect(turn()).toBe(64);
  made.add(64);
  expect(left()).toBe(1);
  store();
  await dealtWith;
  made.add(65);
  expect(left()).toBe(1);
});

/** Work of 1 ms each; `turn` is one of the event loop. */
function commits() {
  const [did, later, said]: [string[], (() => void)[], string[]] = [[], [], []];
  let nowMs = 0;
  const log = (word: string) => () => void did.push(word);
  const transaction = { begin: log("begin"), commit: log("commit"), rollback: log("rollback") };
  const made = new GroupCommit({ transaction, nowMs: () => nowMs, soon: (act) => void later.push(act) });
  const add = (word: string, act = () => {}) => {
    const work = made.add(() => {
      nowMs += 1;
      did.push(word);
      act();
    });
    work.then(
      () => said.push(word),
      (error) => said.push(`${word}: ${error.message}`),
    );
  };
  const turn = async () => {
    for (const act of later.splice(0)) act();
    await new Promise((resolve) => setImmediate(resolve));
    return did.splice(0).join(" ");
  };
  return { add, turn, said, transaction };
}

test("storing takes 3 ms of a turn, and one fsync for all that came until then", async () => {
  const { add, turn, said } = commits();
  for (const word of ["a", "b", "c", "d"]) add(word);
  expect([await turn(), said]).toEqual(["begin a b c", []]);
  add("e");
  expect([await turn(), said]).toEqual(["d e commit", ["a", "b", "c", "d", "e"]]);
  expect(await turn()).toBe("");
  add("f");
  expect(await turn()).toBe("begin f commit");
});

test("256 are stored together at most: the first does not wait for ever", async () => {
  const { add, turn, said } = commits();
  for (let i = 0; i < 300; i += 1) add("x");
  let turns = 0;
  for (; said.length === 0; turns += 1) await turn();
  expect([turns, said.length]).toEqual([86, 256]);
  while (said.length < 300) await turn();
});

test("what waits for the disk is bounded: beyond that nothing is done, with the limit, until there is room", async () => {
  const { add, turn, said } = commits();
  for (let i = 0; i < 65_536; i += 1) add("x");
  add("y");
  const refused = "y: Cannot store: too many changes wait for the disk, limit is 65536";
  await turn();
  expect(said).toEqual([refused]);
  add("z");
  await turn();
  expect(said).toEqual([refused]);
});

test("what fails takes with it what was not on the disk yet, also of turns before, and nothing that came later", async () => {
  const { add, turn, said } = commits();
  for (const word of ["a", "b", "c"]) add(word);
  add("d", () => {
    throw new Error("full");
  });
  add("e");
  await turn();
  expect(await turn()).toBe("d rollback");
  expect(said).toEqual(["a: full", "b: full", "c: full", "d: full"]);
  expect([await turn(), said.at(-1)]).toEqual(["begin e commit", "e"]);
});

test("where none can be begun, or it cannot reach the disk, all that was done fails", async () => {
  const { add, turn, said, transaction } = commits();
  const fail = (): never => {
    throw new Error("locked");
  };
  const { begin, commit } = transaction;
  transaction.begin = fail;
  add("a");
  expect([await turn(), said.at(-1)]).toEqual(["rollback", "a: locked"]);
  transaction.begin = begin;
  transaction.commit = fail;
  add("b");
  expect([await turn(), said.at(-1)]).toEqual(["begin b rollback", "b: locked"]);
  transaction.commit = commit;
  add("c");
  expect([await turn(), said.at(-1)]).toEqual(["begin c commit", "c"]);
});
