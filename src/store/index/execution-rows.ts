import type Database from "better-sqlite3";
import { type IndexPage, type IndexQuery, placeAfter, whereOf } from "./index-query.ts";
import { type IndexRow, parseRow } from "./index-row.ts";
import { ParsedSummaries } from "./parsed-summaries.ts";

/** JSON of one page of executions, roughly: a page that reaches it ends early, with the place to continue. */
const MAX_PAGE_BYTES = 1_048_576;
/** Columns that a row is parsed from. Reading other texts would cost more than the look-up. */
const COLUMNS = "node, x, key_hash, run, over_at, base, open, disk_bytes, sealable_since, summary";
/** Rows examined by one text search, to bound its time; the next page continues after them. */
const MAX_SEARCHED = 1_000;

/** Reads executions whole, with their summaries. */
export class ExecutionRows {
  readonly #db: Database.Database;
  readonly #summaries = new ParsedSummaries();
  readonly #byId: Database.Statement;
  readonly #open: Database.Statement;
  readonly #withoutRun: Database.Statement;

  constructor(db: Database.Database) {
    this.#db = db;
    this.#byId = db.prepare(`
      SELECT ${COLUMNS} FROM executions
      WHERE x = @x AND (@owner IS NULL OR owner = @owner) AND (@node IS NULL OR node = @node)
      ORDER BY started_at DESC, node`);
    this.#open = db.prepare(`SELECT ${COLUMNS} FROM executions WHERE open = 1`);
    this.#withoutRun = db.prepare(
      `SELECT ${COLUMNS} FROM executions INDEXED BY without_run WHERE run = '' ORDER BY started_at, x LIMIT ?`,
    );
  }

  /** Executions with this id, newest first; only those of one owner or node where it is named. */
  byId(x: string, owner: string | undefined, node: string | undefined): IndexRow[] {
    return this.#parse(this.#byId.all({ x, owner: owner ?? null, node: node ?? null }));
  }

  /** Executions whose files may be ahead of the index. */
  open(): IndexRow[] {
    return this.#parse(this.#open.all());
  }

  /** The first executions whose run is not known, in the order of their starts. */
  withoutRun(limit: number): IndexRow[] {
    return this.#parse(this.#withoutRun.all(limit));
  }

  /**
   * A page, newest first. It has at least one row, unless none are left; large summaries make it shorter than `limit`.
   * A search may return fewer than `limit` rows, even none, with a place to continue.
   */
  list(query: IndexQuery): IndexPage {
    const { condition, values } = whereOf(query);
    const order = "ORDER BY started_at DESC, x DESC, node DESC, owner DESC";
    const isSearch = query.q !== undefined && query.q !== "";
    const rest = `FROM executions ${condition} ${order} LIMIT`;
    const sql = isSearch
      ? `SELECT ${COLUMNS} FROM (SELECT * ${rest} ${MAX_SEARCHED}) WHERE instr(search, @q) > 0 LIMIT @limit`
      : `SELECT ${COLUMNS} ${rest} @limit`;
    const rows: IndexRow[] = [];
    let bytes = 0;
    for (const found of this.#db.prepare(sql).iterate({ ...values, limit: query.limit + 1 })) {
      if (rows.length >= query.limit || bytes >= MAX_PAGE_BYTES)
        return { rows, next: placeAfter(rows[rows.length - 1]?.execution), isFull: true };
      const row = parseRow(found, this.#summaries);
      if (row === undefined) continue;
      rows.push(row);
      bytes += row.summaryBytes;
    }
    if (!isSearch) return { rows, next: null, isFull: false };
    const lastScanned = this.#db.prepare(
      `SELECT ${COLUMNS} FROM executions ${condition} ${order} LIMIT 1 OFFSET ${MAX_SEARCHED - 1}`,
    );
    const last = parseRow(lastScanned.get(values), this.#summaries);
    return { rows, next: placeAfter(last?.execution), isFull: false };
  }

  #parse(rows: readonly unknown[]): IndexRow[] {
    return rows.map((row) => parseRow(row, this.#summaries)).filter((row) => row !== undefined);
  }
}
