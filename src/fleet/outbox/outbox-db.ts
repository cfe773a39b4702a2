import Database from "better-sqlite3";
import type { RunState } from "../../wire/fleet/states.ts";
import { BatchDb } from "./batch-db.ts";
import { CHARACTERS, KeptRuns } from "./kept-runs.ts";
import { MessageDb } from "./message-db.ts";
import { NodeDb } from "./node-db.ts";
import { NoticeDb } from "./notice-db.ts";
import { PublishedDb } from "./published-db.ts";
import { Transaction } from "./transaction.ts";

/** A stored order, or the first of its parts. Its message is removed when the run is final on all nodes: it holds the command's environment. */
interface RunRow {
  readonly owner: string;
  readonly run: string;
  readonly job: string;
  /** JSON. */
  readonly argv: string;
  readonly via: "ssh" | "web";
  readonly digest: string;
  readonly issued: number;
  readonly expires: number;
  readonly message: string | null;
  /** JSON: `RunDetails`. */
  readonly details: string;
  /** 1: reported by a node after the collector's disk was restored. */
  readonly fromNode: 0 | 1;
  /** Fingerprint of the key that has signed it; empty: not known. */
  readonly signer: string;
}

/** Without the message, which may have 192 KiB. */
export type ShownRow = Omit<RunRow, "message" | "digest" | "fromNode" | "signer">;

/** State of a run on one node. */
export interface TargetRow {
  readonly owner: string;
  readonly run: string;
  readonly node: string;
  readonly state: RunState;
  readonly why: string;
  readonly text: string;
  readonly code: number | null;
  readonly signal: string | null;
  readonly by: string;
  readonly at: number;
  /** The first journal that the order was sent to; empty: it was not sent. */
  readonly journal: string;
  /** 1: the state is final (`isFinal`). */
  readonly final: 0 | 1;
}

/** A run that is not final on a node, as sending needs it. */
export interface OpenTarget extends Pick<TargetRow, "owner" | "run" | "node" | "state"> {
  readonly expires: number;
  readonly isCancelled: boolean;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS runs (owner TEXT, run TEXT, job TEXT, argv TEXT, via TEXT, digest TEXT, issued INTEGER,
    expires INTEGER, message TEXT, details TEXT NOT NULL DEFAULT '{}', fromNode INTEGER NOT NULL DEFAULT 0,
    signer TEXT NOT NULL DEFAULT '', PRIMARY KEY (owner, run)) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS runs_by_time ON runs (issued);
  CREATE TABLE IF NOT EXISTS targets (owner TEXT, run TEXT, node TEXT, state TEXT, why TEXT, text TEXT, code INTEGER,
    signal TEXT, by TEXT, at INTEGER, journal TEXT, final INTEGER, PRIMARY KEY (owner, run, node)) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS open_states ON targets (owner, run, state) WHERE final = 0;
  DROP INDEX IF EXISTS open_targets;
  CREATE TABLE IF NOT EXISTS run_files (owner TEXT, sha256 TEXT, run TEXT, PRIMARY KEY (owner, sha256, run)) WITHOUT ROWID;`;

/** Least time between two scrubs: each costs an fsync. */
const SCRUB_EVERY_MS = 60_000;

/** Columns of `runs` that an older outbox may lack. */
const LATER_COLUMNS = [
  "details TEXT NOT NULL DEFAULT '{}'",
  "fromNode INTEGER NOT NULL DEFAULT 0",
  "signer TEXT NOT NULL DEFAULT ''",
];

/** The outbox's tables. Every commit is on the disk before it returns: only then is anything sent or answered. */
export class OutboxDb {
  readonly #db: Database.Database;
  readonly #statements: ReturnType<typeof prepared>;
  /** In the same file: a commit covers all of them. */
  readonly kept: KeptRuns;
  readonly nodes: NodeDb;
  readonly notices: NoticeDb;
  readonly published: PublishedDb;
  readonly batches: BatchDb;
  readonly messages: MessageDb;
  /** All writes happen in it. */
  readonly transaction: Transaction;
  /** Messages were removed since the last scrub. */
  #haveGone = false;
  #scrubbedMs = 0;

  /** Throws if another process has it open. */
  constructor(path: string, maxKeptBytesOfUser?: number) {
    this.#db = new Database(path, { timeout: 1_000 });
    this.#db.pragma("locking_mode = EXCLUSIVE");
    this.#db.pragma("journal_mode = WAL");
    this.#db.pragma("synchronous = FULL");
    // Messages hold commands' environments: removed bytes are overwritten.
    this.#db.pragma("secure_delete = ON");
    this.#db.exec(SCHEMA);
    const columns = this.#db.pragma("table_info(runs)") as { name: string }[];
    for (const column of LATER_COLUMNS)
      if (!columns.some(({ name }) => column.startsWith(`${name} `)))
        this.#db.exec(`ALTER TABLE runs ADD COLUMN ${column}`);
    this.batches = new BatchDb(this.#db);
    this.messages = new MessageDb(this.#db);
    this.#statements = prepared(this.#db);
    this.transaction = new Transaction(this.#db);
    this.kept = new KeptRuns(this.#db, { transaction: this.transaction, maxBytesOfUser: maxKeptBytesOfUser });
    this.nodes = new NodeDb(this.#db);
    this.notices = new NoticeDb(this.#db, this.transaction);
    this.published = new PublishedDb(this.#db);
  }

  addRun(row: RunRow): void {
    const { characters } = this.#statements.addRun.get(row) as { characters: number };
    this.kept.addedRun(row.owner, characters);
  }

  /** Notes that an order names a file. */
  addRunFile(of: { owner: string; run: string; sha256: string }): void {
    this.#statements.addRunFile.run(of);
  }

  /** Whether an open order names this file of its user; with `node`, an order for that node. */
  namesFile({ owner, sha256, node }: { owner: string; sha256: string; node?: string }): boolean {
    return this.#statements.namesFile.get({ owner, sha256, node: node ?? null }) !== undefined;
  }

  run(owner: string, run: string): RunRow | undefined {
    return this.#statements.run.get(owner, run) as RunRow | undefined;
  }

  /** A user's newest run that is older than this one. */
  runBefore(owner: string, run: string): ShownRow | undefined {
    return this.#statements.runBefore.get(owner, run) as ShownRow | undefined;
  }

  /** Adds the nodes of a new run: the first `size` of them are pending, the others held. */
  addTargets(of: { owner: string; run: string; nodes: readonly string[]; size: number; at: number }): void {
    this.#statements.addTargets.run({ ...of, nodes: JSON.stringify(of.nodes) });
    const pending = Math.min(of.size, of.nodes.length);
    this.kept.addedNodes(of.owner, "pending", pending);
    this.kept.addedNodes(of.owner, "held", of.nodes.length - pending);
  }

  putTarget(row: TargetRow): void {
    const before = this.#statements.stateOf.get(row) as Pick<TargetRow, "state"> | undefined;
    this.#statements.putTarget.run(row);
    if (before === undefined) this.kept.addedNodes(row.owner, row.state, 1);
    else this.kept.moved(before.state, row.state);
  }

  signer(owner: string, run: string): string | undefined {
    return this.#statements.signer.get(owner, run) as string | undefined;
  }

  target(of: { owner: string; run: string; node: string }): TargetRow | undefined {
    return this.#statements.target.get(of) as TargetRow | undefined;
  }

  targets(owner: string, run: string): readonly TargetRow[] {
    return this.#statements.targets.all(owner, run) as TargetRow[];
  }

  openTargets(): readonly OpenTarget[] {
    const rows = this.#statements.openTargets.all() as (Omit<OpenTarget, "isCancelled"> & { isCancelled: 0 | 1 })[];
    return rows.map((row) => ({ ...row, isCancelled: row.isCancelled === 1 }));
  }

  openRunsOf(owner: string): number {
    return (this.#statements.openRunsOf.get({ owner }) as { n: number }).n;
  }

  /** Once a run is final on all nodes: removes its messages, cancel, batches and files, which only nodes needed. */
  settle(owner: string, run: string): void {
    if (this.messages.settle(owner, run)) this.#haveGone = true;
    this.#statements.settleBatch.run({ owner, run });
    this.#statements.settleFiles.run({ owner, run });
  }

  /** Empties SQLite's write-ahead log, which still holds what was removed from the tables. Paces itself: call it often. */
  async scrub(nowMs: number): Promise<void> {
    if (!this.#haveGone || nowMs - this.#scrubbedMs < SCRUB_EVERY_MS) return;
    await this.transaction.ended();
    [this.#haveGone, this.#scrubbedMs] = [false, nowMs];
    this.#db.pragma("wal_checkpoint(TRUNCATE)");
  }

  close(): void {
    this.#db.close();
  }
}

function prepared(db: Database.Database) {
  const mayGo = "NOT EXISTS (SELECT 1 FROM targets t WHERE t.owner = @owner AND t.run = @run AND t.final = 0)";
  return {
    addRun: db.prepare(
      `INSERT INTO runs VALUES (@owner, @run, @job, @argv, @via, @digest, @issued, @expires, @message, @details, @fromNode, @signer)
      RETURNING ${CHARACTERS} AS characters`,
    ),
    addRunFile: db.prepare("INSERT OR IGNORE INTO run_files VALUES (@owner, @sha256, @run)"),
    namesFile:
      db.prepare(`SELECT 1 FROM run_files f JOIN targets t ON t.owner = f.owner AND t.run = f.run AND t.final = 0
      WHERE f.owner = @owner AND f.sha256 = @sha256 AND (@node IS NULL OR t.node = @node) LIMIT 1`),
    settleFiles: db.prepare(`DELETE FROM run_files WHERE owner = @owner AND run = @run AND ${mayGo}`),
    run: db.prepare("SELECT * FROM runs WHERE owner = ? AND run = ?"),
    signer: db.prepare("SELECT signer FROM runs WHERE owner = ? AND run = ?").pluck(),
    runBefore: db.prepare(`SELECT owner, run, job, argv, via, issued, expires, details FROM runs
      WHERE owner = ? AND run < ? ORDER BY run DESC LIMIT 1`),
    addTargets:
      db.prepare(`INSERT INTO targets SELECT @owner, @run, value, CASE WHEN key < @size THEN 'pending' ELSE 'held' END,
      '', '', NULL, NULL, '', @at, '', 0 FROM json_each(@nodes)`),
    putTarget: db.prepare(`INSERT OR REPLACE INTO targets VALUES (@owner, @run, @node, @state, @why, @text, @code,
      @signal, @by, @at, @journal, @final)`),
    stateOf: db.prepare("SELECT state FROM targets WHERE owner = @owner AND run = @run AND node = @node"),
    target: db.prepare("SELECT * FROM targets WHERE owner = @owner AND run = @run AND node = @node"),
    targets: db.prepare("SELECT * FROM targets WHERE owner = ? AND run = ? ORDER BY node"),
    openTargets: db.prepare(`SELECT owner, run, node, state, coalesce(expires, 0) AS expires,
      EXISTS (SELECT 1 FROM stops s WHERE s.owner = t.owner AND s.run = t.run) AS isCancelled
      FROM targets t LEFT JOIN runs USING (owner, run) WHERE final = 0`),
    // Steps from each run to the next: a run may be open on thousands of nodes.
    openRunsOf:
      db.prepare(`WITH RECURSIVE open (run) AS (SELECT min(run) FROM targets WHERE owner = @owner AND final = 0
      UNION ALL SELECT (SELECT min(run) FROM targets WHERE owner = @owner AND final = 0 AND run > open.run) FROM open
      WHERE open.run IS NOT NULL) SELECT count(run) AS n FROM open`),
    settleBatch: db.prepare(`DELETE FROM batches WHERE owner = @owner AND run = @run AND ${mayGo}`),
  };
}
