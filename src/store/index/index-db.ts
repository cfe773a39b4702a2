import Database from "better-sqlite3";
import type { SlotIdentity } from "../../frame/slot-identity.ts";
import { searchText } from "../../wire/search-text.ts";
import { BuriedRows } from "./buried-rows.ts";
import { ExecutionRows } from "./execution-rows.ts";
import { FILE_COLUMNS, type IndexRow, parseFiles } from "./index-row.ts";
import { SCHEMA, SCHEMA_VERSION } from "./index-schema.ts";
import { OldestRows } from "./oldest-rows.ts";
import { RunIndex, seatOf } from "./run-index.ts";
import { SealableRows } from "./sealable-rows.ts";
import { Totals } from "./totals.ts";

/**
 * The index of executions in SQLite: a cache of the files' content that can be rebuilt at any time. Opened exclusively,
 * so that no second collector works on the same data.
 */
export class IndexDb {
  readonly #db: Database.Database;
  readonly #durable: boolean;
  /** Whether this version of the schema wrote the rows. */
  isCurrent: boolean;
  readonly #put: Database.Statement;
  readonly #find: Database.Statement;
  readonly #setOpen: Database.Statement;
  readonly #findTaken: Database.Statement;
  readonly #forget: Database.Statement;
  readonly #buried: BuriedRows;
  /** The open transaction contains only removals. */
  #isRemoving = false;
  readonly executions: ExecutionRows;
  readonly runs: RunIndex;
  readonly totals: Totals;
  readonly oldest: OldestRows;
  readonly sealable: SealableRows;

  /**
   * Throws if another process has the index open. `durable`: the existence of an execution, and a mark that its row may
   * be old, survive a power cut. Everything else is reread from the files of rows that may be old.
   */
  constructor(path: string, durable = false) {
    this.#durable = durable;
    this.#db = new Database(path, { timeout: 1_000 });
    this.#db.pragma("locking_mode = EXCLUSIVE");
    this.#db.pragma("journal_mode = WAL");
    this.#db.pragma("synchronous = NORMAL");
    this.isCurrent = this.#db.pragma("user_version", { simple: true }) === SCHEMA_VERSION;
    if (!this.isCurrent) this.#db.exec(SCHEMA);
    this.executions = new ExecutionRows(this.#db);
    this.runs = new RunIndex(this.#db);
    this.totals = new Totals(this.#db);
    this.oldest = new OldestRows(this.#db);
    this.sealable = new SealableRows(this.#db);
    this.#forget = this.#db.prepare("DELETE FROM executions WHERE node = ? AND x = ? AND key_hash = ?");
    this.#buried = new BuriedRows(this.#db);
    this.#put = this.#db.prepare(`
      INSERT INTO executions (node, x, key_hash, owner, job, run, seat, state, started_at, over_at, base, open,
        disk_bytes, sealable_since, search, summary)
      VALUES (@node, @x, @keyHash, @owner, @job, @run, @seat, @state, @startedAt, @overAt, @base, @open,
        @diskBytes, @sealableSinceMs, @search, @summary)
      ON CONFLICT (node, x, key_hash)
      DO UPDATE SET state = @state, over_at = @overAt, open = @open, disk_bytes = @diskBytes,
        sealable_since = @sealableSinceMs, summary = @summary`);
    this.#find = this.#db.prepare(`SELECT ${FILE_COLUMNS} FROM executions WHERE node = ? AND x = ? AND key_hash = ?`);
    // Without the hint, SQLite would scan all of the node's rows.
    this.#findTaken = this.#db.prepare(
      "SELECT 1 FROM executions INDEXED BY by_x WHERE x = ? AND node = ? AND owner = ?",
    );
    this.#setOpen = this.#db.prepare("UPDATE executions SET open = 1 WHERE node = ? AND x = ? AND key_hash = ?");
  }

  /** Marks the rows as matching the files. */
  markCurrent(): void {
    this.#db.pragma(`user_version = ${SCHEMA_VERSION}`);
    this.isCurrent = true;
  }

  /** Empties the index. If the process is killed before `markCurrent`, the next start rebuilds it. */
  clear(): void {
    this.isCurrent = false;
    this.#db.exec(
      `PRAGMA user_version = 0;
       DELETE FROM executions; DELETE FROM node_totals; DELETE FROM run_totals; DELETE FROM job_totals;
       DELETE FROM owner_totals; DELETE FROM tombstones`,
    );
  }

  put(rows: readonly IndexRow[]): void {
    this.commit();
    this.#db.transaction(() => {
      for (const row of rows) this.#putRow(row);
    })();
  }

  /** Like `put`, and visible to every query at once, but on the disk only after `commit`, or the next change. */
  putSoon(row: IndexRow): void {
    if (this.#isRemoving) this.commit();
    if (!this.#db.inTransaction) {
      this.#syncCommits(true);
      this.#db.exec("BEGIN");
    }
    this.#putRow(row);
  }

  /** Whether rows of `putSoon` wait. */
  get isUncommitted(): boolean {
    return this.#db.inTransaction && !this.#isRemoving;
  }

  commit(): void {
    this.#isRemoving = false;
    if (!this.#db.inTransaction) return;
    this.#db.exec("COMMIT");
    this.#syncCommits(false);
  }

  /** Sets whether commits sync. Syncing rows that only follow their files would block everything else. */
  #syncCommits(areSynced: boolean): void {
    if (this.#durable) this.#db.pragma(`synchronous = ${areSynced ? "FULL" : "NORMAL"}`);
  }

  #putRow({ node, x, keyHash, base, execution, hasRun, overAt = "", isOpen, diskBytes, ...more }: IndexRow): void {
    const { owner, job, state, startedAt } = execution;
    const run = hasRun ? execution.run : "";
    const texts = { summary: JSON.stringify(execution), search: searchText(execution), seat: seatOf(execution) };
    const figures = { open: isOpen ? 1 : 0, diskBytes, sealableSinceMs: more.sealableSinceMs ?? null };
    this.#put.run({ node, x, keyHash, owner, job, run, state, startedAt, overAt, base, ...figures, ...texts });
  }

  setOpen(row: SlotIdentity): void {
    this.commit();
    this.#syncCommits(true);
    this.#setOpen.run(row.node, row.x, row.keyHash);
    this.#syncCommits(false);
  }

  find({ node, x, keyHash }: SlotIdentity): ReturnType<typeof parseFiles> {
    return parseFiles(this.#find.get(node, x, keyHash));
  }

  /**
   * Gives each of these rows the run that `choose` finds: it sees the runs of those before. One transaction for all: each
   * by itself would write the same pages of the indexes again and again.
   */
  assignRuns(rows: readonly IndexRow[], choose: (row: IndexRow) => string): void {
    this.#db.transaction(() => {
      for (const row of rows) {
        const run = choose(row);
        this.forget(row);
        this.#putRow({ ...row, execution: { ...row.execution, run }, hasRun: true });
      }
    })();
  }

  /** Removes the row. */
  forget({ node, x, keyHash }: SlotIdentity): void {
    this.#forget.run(node, x, keyHash);
  }

  /** Removes those rows that exist, and remembers that none of them may return. */
  remove(identities: readonly SlotIdentity[], deletedAtMs: number): void {
    this.removeSoon(identities, deletedAtMs);
    this.commit();
  }

  /**
   * Like `remove`, and visible to every query at once, but on the disk only after `commit`, or the next change: a
   * transaction for every few rows would write most pages of the indexes again and again.
   */
  removeSoon(identities: readonly SlotIdentity[], deletedAtMs: number): void {
    if (!this.#db.inTransaction) {
      this.#db.exec("BEGIN");
      this.#isRemoving = true;
    }
    for (const identity of identities) this.#buried.bury(identity, deletedAtMs);
  }

  isDeleted(identity: SlotIdentity): boolean {
    return this.#buried.has(identity);
  }

  /** Whether an owner already has this id on this node, with any key. */
  isTaken(owner: string, { node, x }: { readonly node: string; readonly x: string }): boolean {
    return this.#findTaken.get(x, node, owner) !== undefined;
  }

  forgetDeleted(beforeMs: number): void {
    this.#buried.expire(beforeMs);
  }

  close(): void {
    this.#db.close();
  }
}
