import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { OrderBook } from "../../src/fleet/outbox/order-book.ts";
import { OutboxDb } from "../../src/fleet/outbox/outbox-db.ts";
import { afterwards } from "../support/cleanup.ts";
import { runOrder } from "../support/fleet-keys.ts";
import { tempFolder } from "../support/temp-folder.ts";

/** Room for ten small runs on one node. */
const MOST = 10 * 10_800;
const LIFE_MS = 600_000;

let path: string;
let db: OutboxDb;
let book: OrderBook;
let nowMs: number;
let pruned: number;

beforeEach(async () => {
  [path, nowMs, pruned] = [join(await tempFolder(), "outbox.db"), Date.now(), 0];
  open();
  afterwards(() => db.close());
});

function open(most = MOST): void {
  db = new OutboxDb(path, most);
  book = new OrderBook({
    db,
    nowMs: () => 0,
    wallMs: () => nowMs,
    onChange: () => undefined,
    onFinal: () => undefined,
    onPruned: (count) => {
      pruned += count;
    },
  });
}

/** Inside a commit: undefined, if there is no room. */
function store(user = "alice", nodes: readonly string[] = ["node1"]): string | undefined {
  if (!book.hasRoom(user, { nodes: nodes.length, characters: 300 })) return undefined;
  // Their ids sort by time.
  nowMs += 1;
  const order = runOrder({ user, nodes, issued: nowMs, expires: nowMs + LIFE_MS });
  book.store(order, { signed: [{ order: "{}", sig: "" }], nodes });
  return order.run;
}

function end(run: string, user = "alice"): void {
  for (const row of db.targets(user, run)) book.put({ ...row, state: "finished", final: 1 });
}

/** As many as there is room for, `most` of them. */
async function storedAndEnded(most: number): Promise<readonly string[]> {
  const runs: string[] = [];
  await book.commit(() => {
    while (runs.length < most) {
      const run = store();
      if (run === undefined) break;
      end(run);
      runs.push(run);
    }
  });
  return runs;
}

test("one user's runs that have ended do not fill the collector's disk: the first ones go once no order could start them again", async () => {
  const first = await storedAndEnded(100);
  expect(first.length).toBeGreaterThan(5);
  expect(first.length).toBeLessThan(12);
  await book.commit(() => {
    // Sent again, each of them must still be known.
    expect(store()).toBeUndefined();
    expect(store("bob")).toBeDefined();
  });
  expect([db.messages.digests("alice", first[0] ?? "").length === 0, pruned]).toEqual([false, 0]);
  nowMs += LIFE_MS + 1;
  expect(await storedAndEnded(3)).toHaveLength(3);
  expect(pruned).toBe(3);
  expect(first.map((run) => db.messages.digests("alice", run).length === 0)).toEqual(first.map((_, at) => at < 3));
});

test("an open run never goes, nor one of another user", async () => {
  await book.commit(() => {
    while (store() !== undefined);
    expect(store("bob")).toBeDefined();
  });
  nowMs += LIFE_MS + 1;
  await book.commit(() => expect(store()).toBeUndefined());
  expect(pruned).toBe(0);
});

test("how many are in each state is what the tables have, also after a commit that failed, and after a start", async () => {
  const [run = ""] = await storedAndEnded(4);
  await book.commit(() => store("bob", ["node1", "node2", "node3"]));
  const failing = () => {
    store("bob", ["node1", "node2"]);
    for (const row of db.targets("alice", run)) book.put({ ...row, state: "failed" });
    throw new Error("The disk is full");
  };
  await expect(book.commit(failing)).rejects.toThrow("full");
  const known = [...db.kept.states].sort();
  expect(known).toEqual([
    ["finished", 4],
    ["pending", 3],
  ]);
  db.close();
  open();
  expect([...db.kept.states].sort()).toEqual(known);
});

test("what was ordered long ago and has ended goes, a large run in each step", async () => {
  db.close();
  open(2 ** 30);
  const wide = Array.from({ length: 3_000 }, (_, at) => `node${at}`);
  await book.commit(() => {
    for (const user of ["alice", "bob", "carol", "dave"]) end(store(user, wide) ?? "", user);
    store("erin", wide);
  });
  nowMs += 1_000;
  const left = async () => {
    await book.commit(() => db.kept.prune(nowMs));
    return [...db.kept.states.values()].reduce((sum, count) => sum + count, 0);
  };
  expect([await left(), await left(), await left()]).toEqual([9_000, 3_000, 3_000]);
});
