import { cpSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it, vi } from "vitest";
import { IndexDb } from "../../src/store/index/index-db.ts";
import type { IndexQuery } from "../../src/store/index/index-query.ts";
import type { Execution } from "../../src/wire/api.ts";
import { afterwards } from "../support/cleanup.ts";
import { tempFolder } from "../support/temp-folder.ts";

async function filled(count: number): Promise<IndexDb> {
  const index = new IndexDb(join(await tempFolder(), "index.db"));
  afterwards(() => index.close());
  index.put(Array.from({ length: count }, (_, i) => row(i)));
  return index;
}

/** The i-th execution: newest last, odd ones alice's, every third failed, four nodes, ten a job. */
function row(i: number, changes: Partial<Execution> = {}) {
  const x = `01${String(i).padStart(24, "0")}`;
  const [node, owner] = [`node${i % 4}`, i % 2 === 1 ? "alice" : "bob"];
  const startedAt = new Date(Date.UTC(2026, 0, 1) + i * 1000).toISOString().replace("Z", "000Z");
  const state = i % 3 === 0 ? "failed" : "finished";
  const ended = {
    code: i % 3 === 0 ? 1 : 0,
    signal: null,
    startedAt,
    endedAt: startedAt,
    delivery: "complete",
  } as const;
  const counts = { lines: 1, bytes: 2, lastN: 1, missing: [], thinned: 0, dropped: 0 };
  const command = { command: "job", argv: ["job", `argument${i}`], labels: { rank: String(i) } };
  const execution: Execution = {
    x,
    job: `job${Math.floor(i / 10)}`,
    run: `run${Math.floor(i / 5)}`,
    node,
    owner,
    state,
    ...command,
    ...ended,
    ...counts,
    ...changes,
  };
  const over = { hasRun: true, overAt: execution.state === "running" ? undefined : startedAt };
  return {
    node,
    x,
    keyHash: "k",
    base: `b${i}`,
    execution,
    ...over,
    isOpen: execution.state === "running",
    diskBytes: 1,
  };
}

const ALL: IndexQuery = {
  owner: undefined,
  job: undefined,
  run: undefined,
  node: undefined,
  state: undefined,
  q: undefined,
  before: undefined,
  limit: 7,
};

/** All pages of a question. */
function pages(index: IndexDb, query: Partial<IndexQuery>): string[] {
  const found: string[] = [];
  let before: string | undefined;
  do {
    const page = index.executions.list({ ...ALL, ...query, before });
    expect(page.rows.length).toBeLessThanOrEqual(ALL.limit);
    found.push(...page.rows.map(({ x }) => x));
    before = page.next ?? undefined;
  } while (before !== undefined);
  return found;
}

const isInRun6OfBob = ({ run, owner }: Execution) => run === "run6" && owner === "bob";

const expected = (count: number, isWanted: (execution: Execution) => boolean) =>
  Array.from({ length: count }, (_, i) => row(i).execution)
    .filter(isWanted)
    .map(({ x }) => x)
    .reverse();

describe("the index of executions", () => {
  it.each<[string, Partial<IndexQuery>, (execution: Execution) => boolean]>([
    ["everything", {}, () => true],
    ["an owner's", { owner: "alice" }, ({ owner }) => owner === "alice"],
    ["a job's", { job: "job3" }, ({ job }) => job === "job3"],
    ["a run's", { job: "job3", run: "run6", owner: "bob" }, isInRun6OfBob],
    ["a node's", { node: "node2", owner: "bob" }, ({ node }) => node === "node2"],
    ["one state", { state: "failed" }, ({ state }) => state === "failed"],
    [
      "a text in the command, whatever its case",
      { q: "ARGUMENT1" },
      ({ argv }) => argv[1]?.startsWith("argument1") === true,
    ],
    ["a label", { q: "rank=42" }, ({ labels }) => labels["rank"] === "42"],
    ["nothing", { q: "nowhere" }, () => false],
  ])("lists %s newest first, page by page, each once", async (_what, query, isWanted) => {
    expect(pages(await filled(100), query)).toEqual(expected(100, isWanted));
  });

  it("lists executions of several users under one id, node and time each once", async () => {
    const index = await filled(0);
    const owners = Array.from({ length: 16 }, (_, i) => `user${10 + i}`);
    index.put(owners.map((owner, i) => ({ ...row(1, { owner }), keyHash: `k${i}` })));
    const found: string[] = [];
    let before: string | undefined;
    do {
      const page = index.executions.list({ ...ALL, before });
      found.push(...page.rows.map(({ execution }) => execution.owner));
      before = page.next ?? undefined;
    } while (before !== undefined);
    expect(found.sort()).toEqual(owners);
  });

  it("reads no more rows than it lists, for every user and query", async () => {
    const path = join(await tempFolder(), "index.db");
    const prepare = vi.spyOn(Database.prototype, "prepare");
    afterwards(() => prepare.mockRestore());
    const index = new IndexDb(path);
    prepare.mockClear();
    for (const owner of [undefined, "alice"]) {
      for (const before of [undefined, "2026-01-01/x/node0/bob"]) {
        for (const what of [{}, { job: "job" }, { node: "node" }, { state: "lost" as const }])
          index.executions.list({ ...ALL, ...what, owner, before });
      }
      index.totals.jobs(owner);
    }
    for (const before of [undefined, '["2026-01-01","bob","job","run"]']) {
      index.executions.list({ ...ALL, owner: "alice", job: "job", run: "run", before });
      for (const of of [{}, { owner: "alice" }, { owner: "alice", job: "job" }])
        index.runs.list({ ...of, before, limit: 1 });
    }
    index.totals.ownersOf("job", 1);
    const questions = prepare.mock.calls.map(([sql]) => sql);
    expect(questions).toHaveLength(27);
    index.close();
    const db = new Database(path);
    afterwards(() => void db.close());
    const names = ["job", "run", "node", "state", "startedAt", "x", "beforeNode", "beforeOwner", "beforeJob"];
    const values = { ...Object.fromEntries([...names, "beforeRun"].map((name) => [name, ""])), limit: 1, most: 1 };
    for (const sql of questions) {
      const explain = db.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`);
      const places = sql.match(/= \?|LIMIT \?/g) ?? [];
      const steps = explain.all(...(places.length > 0 ? places.map(() => 1) : [{ ...values, owner: "alice" }]));
      // An index in list order: no sort, and only an unfiltered list may start at the first row.
      const step = sql.includes("WHERE") ? /^SEARCH \w+ USING (COVERING )?INDEX/ : /^SCAN \w+ USING INDEX/;
      expect(
        steps.map(({ detail }) => detail),
        sql,
      ).toEqual([expect.stringMatching(step)]);
    }
  });

  it("lists large executions in pages of bounded size, each once", async () => {
    const index = await filled(0);
    const argv = ["job", "x".repeat(60_000)];
    index.put(Array.from({ length: 60 }, (_, i) => row(i, { argv })));
    const found: string[] = [];
    let before: string | undefined;
    do {
      const page = index.executions.list({ ...ALL, limit: 500, before });
      expect(JSON.stringify(page.rows).length).toBeLessThan(1_200_000);
      found.push(...page.rows.map(({ x }) => x));
      before = page.next ?? undefined;
    } while (before !== undefined);
    expect(found).toEqual(expected(60, () => true));
  });

  it("continues after the rows one search has read, even without a match", async () => {
    const index = await filled(4_500);
    const page = index.executions.list({ ...ALL, q: "argument3 " });
    expect(page.rows).toEqual([]);
    expect(page.next).not.toBeNull();
    expect(pages(index, { q: "argument3 " })).toEqual([row(3).execution.x]);
  });

  it("counts by node and by job, and follows changes of state", async () => {
    const index = await filled(20);
    expect(index.totals.jobs("alice").map(({ job, owner, executions }) => [job, owner, executions])).toEqual([
      ["job1", "alice", 5],
      ["job0", "alice", 5],
    ]);
    expect(index.totals.nodes(undefined).map(({ node, executions }) => [node, executions])).toEqual(
      [0, 1, 2, 3].map((i) => [`node${i}`, 5]),
    );
    index.put([row(20, { state: "running", delivery: "receiving" })]);
    expect(index.totals.nodes("bob")[0]).toMatchObject({ node: "node0", executions: 6, running: 1 });
    index.put([row(20, { state: "failed" })]);
    expect(index.totals.nodes("bob")[0]).toMatchObject({ running: 0, lastStartedAt: row(20).execution.startedAt });
    expect(index.totals.jobs("bob")[0]).toMatchObject({ job: "job2", executions: 1, running: 0, failed: 1 });
    index.clear();
    expect(index.totals.jobs(undefined)).toEqual([]);
    expect(index.runs.list({ limit: 1 }).runs).toEqual([]);
  });

  it("is rebuilt by the next process if this one ended after clearing it", async () => {
    const path = join(await tempFolder(), "index.db");
    const isCurrentAfter = (act: (index: IndexDb) => void): boolean => {
      const index = new IndexDb(path);
      act(index);
      index.close();
      const next = new IndexDb(path);
      next.close();
      return next.isCurrent;
    };
    expect(isCurrentAfter((index) => index.markCurrent())).toBe(true);
    expect(isCurrentAfter((index) => index.clear())).toBe(false);
  });

  it("shows a row of `putSoon` at once, and to the next process after the commit", async () => {
    const folder = await tempFolder();
    const index = new IndexDb(join(folder, "index.db"));
    afterwards(() => index.close());
    index.markCurrent();
    let copies = 0;
    const nextProcessFinds = (i: number): boolean => {
      copies += 1;
      const copy = join(folder, `copy${copies}.db`);
      for (const ending of ["", "-wal"]) cpSync(join(folder, `index.db${ending}`), `${copy}${ending}`);
      const next = new IndexDb(copy);
      afterwards(() => next.close());
      return next.find(row(i)) !== undefined;
    };
    index.putSoon(row(1));
    index.putSoon(row(2));
    expect(index.find(row(2))?.base).toBe("b2");
    expect(nextProcessFinds(1)).toBe(false);
    index.commit();
    expect([nextProcessFinds(1), nextProcessFinds(2)]).toEqual([true, true]);
    index.putSoon(row(3));
    index.setOpen(row(1));
    expect(nextProcessFinds(3)).toBe(true);
  });
});

it("parses a summary once while it stays the same: a search lists rows, and then opens each", async () => {
  const index = await filled(3);
  const listed = index.executions.list({ ...ALL, limit: 3 }).rows.find(({ x }) => x === row(1).x);
  const opened = () => index.executions.byId(row(1).x, "alice", undefined)[0];
  expect(opened()?.execution).toBe(listed?.execution);
  expect(index.executions.byId(row(1).x, "bob", undefined)).toEqual([]);
  index.put([row(1, { lines: 7, lastN: 7 })]);
  expect(opened()?.execution).toEqual(row(1, { lines: 7, lastN: 7 }).execution);
});
