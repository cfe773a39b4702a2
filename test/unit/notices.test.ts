import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { GroupCommit } from "../../src/fleet/outbox/group-commit.ts";
import { NoticeDb } from "../../src/fleet/outbox/notice-db.ts";
import { Notices } from "../../src/fleet/outbox/notices.ts";
import { OutboxDb } from "../../src/fleet/outbox/outbox-db.ts";
import type { FleetEventOf } from "../../src/wire/fleet/event.ts";
import { afterwards } from "../support/cleanup.ts";
import { newRun } from "../support/fleet-keys.ts";
import { tempFolder } from "../support/temp-folder.ts";

function inMemory(): NoticeDb {
  const database = new Database(":memory:");
  afterwards(() => void database.close());
  return new NoticeDb(database, { onRollback: () => undefined });
}

function made(db = inMemory()) {
  const seen = { nowMs: 0, stored: 0, postponed: 0, pruned: 0 };
  const notices = new Notices({
    db,
    log: { event: () => undefined },
    nowMs: () => seen.nowMs,
    onNew: () => {
      seen.stored += 1;
    },
    onPostponed: () => {
      seen.postponed += 1;
    },
    onPruned: (count) => {
      seen.pruned += count;
    },
  });
  return { db, notices, seen };
}

const note = (user: string, text: string): FleetEventOf<"note"> => {
  return { v: 1, kind: "note", id: newRun(), at: 1, user, severity: "info", name: "n", text };
};

test("of one user on one node, and of its errors, the newest are kept: none pushes out another's", () => {
  const { db, notices, seen } = made();
  notices.store("node2", note("bob", "of node2"));
  notices.store("node1", note("alice", "of alice"));
  notices.store("node1", { v: 1, kind: "error", id: newRun(), at: 1, why: "disk-full", text: "an error" });
  for (let i = 0; i < 300; i += 1) notices.store("node1", note("bob", String(i)));
  const texts = (user?: string) => db.newest(1_000, user).map(({ text }) => text);
  expect([texts("bob").length, texts("bob")[0], texts("bob").at(-1)]).toEqual([201, "299", "of node2"]);
  expect(texts()).toEqual(expect.arrayContaining(["of alice", "an error"]));
  // Users together have a share as well: the node's newest.
  for (let i = 0; i < 2_000; i += 1) notices.store("node1", note(`user${i % 20}`, String(i)));
  expect(db.newest(10_000).filter(({ node }) => node === "node1")).toHaveLength(1_000);
  expect(texts("bob")).toEqual(["of node2"]);
  expect(db.newest(10_000).length + seen.pruned).toBe(3 + 300 + 2_000);
});

test("of everybody, so many are kept; what a commit did not store counts for nothing", async () => {
  const outbox = new OutboxDb(join(await tempFolder(), "outbox.db"));
  afterwards(() => outbox.close());
  const { db, notices, seen } = made(outbox.notices);
  const fill = (nodes: number, first: number) => {
    for (let node = 0; node < nodes; node += 1)
      for (let i = 0; i < 900; i += 1) notices.store(`node${first + node}`, note(`user${i % 9}`, String(i)));
  };
  const broken = (): never => {
    fill(20, 0);
    throw new Error("The disk is full");
  };
  const commit = new GroupCommit({ transaction: outbox.transaction, nowMs: () => 0 });
  await expect(commit.add(broken)).rejects.toThrow("The disk is full");
  await commit.add(() => fill(22, 0));
  expect([db.newest(30_000).length, seen.pruned]).toEqual([19_800, 0]);
  await commit.add(() => fill(1, 22));
  expect([db.newest(30_000).length, seen.pruned]).toEqual([20_000, 700]);
  expect(db.newest(30_000).at(-1)).toMatchObject({ node: "node0", text: "700" });
});

test("what comes again is stored, and said, once", () => {
  const { db, notices, seen } = made();
  const one = note("alice", "once");
  notices.store("node1", one);
  notices.store("node1", one);
  // Another node's may have its id: it is another one.
  notices.store("node2", one);
  expect([seen.stored, db.newest(10).length]).toEqual([2, 2]);
});

test("a node that reports on and on is taken again in the next minute; others are taken meanwhile", () => {
  const { notices, seen } = made();
  const taken = (node: string, count: number) =>
    Array.from({ length: count }, () => notices.hasRoom(node)).filter((hasRoom) => hasRoom).length;
  expect([taken("node1", 1_000), taken("node2", 5), seen.postponed]).toEqual([600, 5, 400]);
  seen.nowMs = 60_000;
  expect(taken("node1", 5)).toBe(5);
});
