import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { Outbox } from "../../src/fleet/outbox/outbox.ts";
import { OutboxDb } from "../../src/fleet/outbox/outbox-db.ts";
import { RunViews } from "../../src/fleet/outbox/run-views.ts";
import type { OrderOf } from "../../src/wire/fleet/order.ts";
import { afterwards } from "../support/cleanup.ts";
import { cancelOrder, newRun, runOrder } from "../support/fleet-keys.ts";
import { tempFolder } from "../support/temp-folder.ts";

const SIGNED = [{ order: "{}", sig: "" }];
/** The largest run: 12 of them are what one user may have open. */
const WIDE = Array.from({ length: 4_000 }, (_, at) => `node${at}`);

let db: OutboxDb;
let outbox: Outbox;
let nowMs: number;
let present: Set<string>;
let sent: string[];

beforeEach(async () => {
  db = new OutboxDb(join(await tempFolder(), "outbox.db"));
  afterwards(() => db.close());
  [nowMs, present, sent] = [0, new Set(), []];
  const ignore = () => undefined;
  outbox = new Outbox({
    db,
    nodes: {
      send: (node) => void sent.push(node),
      isPresent: (node) => present.has(node),
      isDuplicate: () => false,
      connectionsOf: async () => 1,
      journalOf: () => "j1",
    },
    log: { event: ignore },
    nowMs: () => nowMs,
    wallMs: Date.now,
    onChange: ignore,
    onRefused: ignore,
    onRepeated: ignore,
    onNotice: ignore,
    onNoticePostponed: ignore,
    onNoticesPruned: ignore,
    onRunsPruned: ignore,
  });
});

function submit(order: OrderOf<"run">, batching?: { size: number; pausesOnFailure: boolean }) {
  return outbox.submit(order, [{ order: JSON.stringify(order), sig: "sig" }], batching);
}

function ended(order: OrderOf<"run">, node: string) {
  const words = { why: "", text: "", code: 0, signal: null, by: "", at: 1 };
  const of = { user: order.user, run: order.run, digest: "", journal: "j1", sequence: 1 };
  return outbox.take(node, { v: 1, kind: "state", ...of, state: "finished", ...words });
}

/** The disk is full at the next commit. */
function failOnce(): void {
  const { transaction } = db;
  const commit = transaction.commit.bind(transaction);
  transaction.commit = () => {
    transaction.commit = commit;
    throw new Error("The disk is full");
  };
}

test("a user's orders that come at once have no more places than those that come one after the other", async () => {
  const all = await Promise.all(Array.from({ length: 15 }, () => submit(runOrder({ run: newRun(), nodes: WIDE }))));
  expect(all.filter((outcome) => outcome === "stored")).toHaveLength(12);
});

test("of an order whose cancel is stored with it, nothing is looked at any more", async () => {
  const order = runOrder();
  expect(await Promise.all([submit(order), outbox.cancel(cancelOrder(order), SIGNED)])).toEqual(["stored", "stored"]);
  expect(db.openTargets()).toEqual([]);
  failOnce();
  present.add("node1");
  await outbox.look();
});

test("an order that does not reach the disk goes nowhere, and takes no place", async () => {
  failOnce();
  await expect(submit(runOrder())).rejects.toThrow("full");
  present.add("node1");
  failOnce();
  await outbox.look();
  expect(sent).toEqual([]);
});

test("where a cancel does not reach the disk, the order still goes to its node", async () => {
  const order = runOrder();
  await submit(order);
  failOnce();
  await expect(outbox.cancel(cancelOrder(order), SIGNED)).rejects.toThrow("full");
  present.add("node1");
  await outbox.look();
  expect(sent).toEqual(["node1"]);
});

test("where the end of a batch does not reach the disk, the next one goes nowhere, until its node reports it again", async () => {
  present = new Set(["node1", "node2"]);
  const order = runOrder({ nodes: ["node1", "node2"] });
  await submit(order, { size: 1, pausesOnFailure: false });
  expect(sent.splice(0)).toEqual(["node1"]);
  failOnce();
  await expect(ended(order, "node1")).rejects.toThrow("full");
  // It sends what was released, as each second.
  await outbox.look();
  nowMs += 5_000;
  await outbox.look();
  expect(sent.splice(0)).toEqual(["node1"]);
  expect(await ended(order, "node1")).toBe("+");
  expect(sent).toEqual(["node2"]);
});

test("a second's look that takes longer is not begun again meanwhile", async () => {
  await submit(runOrder());
  present.add("node1");
  await Promise.all([outbox.look(), outbox.look(), outbox.look()]);
  expect(sent).toEqual(["node1"]);
  nowMs += 5_000;
  await outbox.look();
  expect(sent).toEqual(["node1", "node1"]);
});

test("requests are refused while too much waits for the disk, and change nothing", async () => {
  const order = runOrder();
  await submit(order);
  const waiting = Array.from({ length: 65_536 }, () => outbox.prune(0));
  const asked = [submit(runOrder()), outbox.cancel(cancelOrder(order), SIGNED), outbox.goOn("alice", order.run)];
  expect(await Promise.all(asked)).toEqual(["busy", "busy", "busy"]);
  await expect(ended(order, "node1")).rejects.toThrow("limit is 65536");
  await Promise.all(waiting);
  expect(db.openTargets()).toMatchObject([{ run: order.run, state: "pending", isCancelled: false }]);
  expect(await ended(order, "node1")).toBe("+");
});

test("nobody sees of a run what may not reach the disk", async () => {
  const views = new RunViews({ db, after: () => () => undefined });
  const order = runOrder();
  await submit(order);
  const seen: unknown[] = [];
  // Between what is done and its commit, others have their turns.
  const { transaction } = db;
  const commit = transaction.commit.bind(transaction);
  const looking: Promise<unknown>[] = [];
  transaction.commit = () => {
    transaction.commit = commit;
    for (const view of [views.one("alice", order.run), views.page("alice", { before: "~", limit: 1 })])
      looking.push(view.then((of) => seen.push("runs" in (of ?? {}) ? of : { runs: [of] })));
    throw new Error("The disk is full");
  };
  await expect(outbox.cancel(cancelOrder(order), SIGNED)).rejects.toThrow("full");
  await Promise.all(looking);
  expect(seen).toMatchObject([1, 2].map(() => ({ runs: [{ run: order.run, nodes: [{ state: "pending" }] }] })));
});
