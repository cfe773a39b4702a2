import Database from "better-sqlite3";
import type { Execution, ExecutionPage, ExecutionState, JobSummary, NodeSummary } from "../wire/api.ts";
import { parseExecution } from "../wire/api.ts";
import { asRecord, parseJson } from "../wire/record.ts";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS executions (
    id INTEGER PRIMARY KEY,
    node TEXT NOT NULL, x TEXT NOT NULL, key_hash TEXT NOT NULL,
    owner TEXT NOT NULL, job TEXT NOT NULL, state TEXT NOT NULL, started_at TEXT NOT NULL,
    base TEXT NOT NULL,           -- path below DATA/logs, without ending
    open INTEGER NOT NULL,        -- the files may say more than this row
    search TEXT NOT NULL,         -- lower case: command line, job, node, labels, x
    summary TEXT NOT NULL,        -- JSON of wire's Execution
    UNIQUE (node, x, key_hash)
  );
  CREATE INDEX IF NOT EXISTS by_owner ON executions (owner, started_at DESC, x DESC, node DESC);
  CREATE INDEX IF NOT EXISTS by_start ON executions (started_at DESC, x DESC, node DESC);
  CREATE INDEX IF NOT EXISTS by_job ON executions (owner, job, started_at DESC);
  CREATE INDEX IF NOT EXISTS by_state ON executions (owner, state);
  CREATE INDEX IF NOT EXISTS by_x ON executions (x);
  CREATE INDEX IF NOT EXISTS by_open ON executions (open) WHERE open = 1;
`;
/** Bump with every change of the schema: another version's index is made anew from the files. */
const SCHEMA_VERSION = 1;
const MAX_SUMMARIES = 500;

/** Where an execution's files are and what they said when the row was written. */
export interface IndexRow {
  readonly node: string;
  readonly x: string;
  readonly keyHash: string;
  readonly base: string;
  readonly execution: Execution;
  /** The files may say more than this row. */
  readonly isOpen: boolean;
}

export interface IndexQuery {
  /** Undefined: everybody's. */
  readonly owner: string | undefined;
  readonly job: string | undefined;
  readonly node: string | undefined;
  readonly state: ExecutionState | undefined;
  readonly q: string | undefined;
  readonly before: string | undefined;
  readonly limit: number;
}

/**
 * The index of executions in SQLite: a cache of what the files say, made anew from them at any time. Opened
 * exclusively, so that no second collector works on the same data.
 */
export class IndexDb {
  readonly #db: Database.Database;
  readonly #put: Database.Statement;
  readonly #find: Database.Statement;
  readonly #setOpen: Database.Statement;

  /** Throws when another process has the index open. */
  constructor(path: string) {
    this.#db = new Database(path, { timeout: 1_000 });
    this.#db.pragma("locking_mode = EXCLUSIVE");
    this.#db.pragma("journal_mode = WAL");
    // The files are the truth: a row lost in a power cut is found again by its open neighbour or a reindex.
    this.#db.pragma("synchronous = NORMAL");
    this.#db.exec(SCHEMA);
    this.#put = this.#db.prepare(`
      INSERT INTO executions (node, x, key_hash, owner, job, state, started_at, base, open, search, summary)
      VALUES (@node, @x, @keyHash, @owner, @job, @state, @startedAt, @base, @open, @search, @summary)
      ON CONFLICT (node, x, key_hash) DO UPDATE SET state = @state, open = @open, summary = @summary`);
    this.#find = this.#db.prepare("SELECT * FROM executions WHERE node = ? AND x = ? AND key_hash = ?");
    this.#setOpen = this.#db.prepare("UPDATE executions SET open = 1 WHERE node = ? AND x = ? AND key_hash = ?");
  }

  /** Whether the rows were written by this version of the schema. */
  get isCurrent(): boolean {
    return this.#db.pragma("user_version", { simple: true }) === SCHEMA_VERSION;
  }

  markCurrent(): void {
    this.#db.pragma(`user_version = ${SCHEMA_VERSION}`);
  }

  clear(): void {
    this.#db.exec("DELETE FROM executions");
  }

  put(rows: readonly IndexRow[]): void {
    this.#db.transaction(() => {
      for (const { node, x, keyHash, base, execution, isOpen } of rows) {
        const { owner, job, state, startedAt } = execution;
        const summary = JSON.stringify(execution);
        const search = searchText(execution);
        this.#put.run({ node, x, keyHash, owner, job, state, startedAt, base, open: isOpen ? 1 : 0, search, summary });
      }
    })();
  }

  setOpen(row: { readonly node: string; readonly x: string; readonly keyHash: string }): void {
    this.#setOpen.run(row.node, row.x, row.keyHash);
  }

  find(identity: { readonly node: string; readonly x: string; readonly keyHash: string }): IndexRow | undefined {
    return parseRow(this.#find.get(identity.node, identity.x, identity.keyHash));
  }

  /** Executions with this id that a viewer may see, newest first. */
  findById(x: string, owner: string | undefined, node: string | undefined): IndexRow[] {
    const rows = this.#db
      .prepare(
        "SELECT * FROM executions WHERE x = @x AND (@owner IS NULL OR owner = @owner) AND (@node IS NULL OR node = @node)",
      )
      .all({ x, owner: owner ?? null, node: node ?? null });
    return rows.map(parseRow).filter((row) => row !== undefined);
  }

  open(): IndexRow[] {
    const rows = this.#db.prepare("SELECT * FROM executions WHERE open = 1").all();
    return rows.map(parseRow).filter((row) => row !== undefined);
  }

  list(query: IndexQuery): ExecutionPage {
    const where: string[] = [];
    const values: Record<string, string | number> = { limit: query.limit + 1 };
    for (const name of ["owner", "job", "node", "state"] as const) {
      const value = query[name];
      if (value === undefined) continue;
      where.push(`${name} = @${name}`);
      values[name] = value;
    }
    if (query.q !== undefined && query.q !== "") {
      where.push("instr(search, @q) > 0");
      values["q"] = query.q.toLowerCase();
    }
    const [startedAt, x, node] = query.before?.split("/") ?? [];
    if (startedAt !== undefined && x !== undefined && node !== undefined) {
      where.push("(started_at, x, node) < (@startedAt, @x, @beforeNode)");
      Object.assign(values, { startedAt, x, beforeNode: node });
    }
    const condition = where.length === 0 ? "" : `WHERE ${where.join(" AND ")}`;
    const rows = this.#db
      .prepare(`SELECT * FROM executions ${condition} ORDER BY started_at DESC, x DESC, node DESC LIMIT @limit`)
      .all(values);
    const executions = rows.slice(0, query.limit).flatMap((row) => parseRow(row)?.execution ?? []);
    const last = executions[executions.length - 1];
    const hasMore = rows.length > query.limit && last !== undefined;
    return { executions, next: hasMore ? `${last.startedAt}/${last.x}/${last.node}` : null };
  }

  countRunning(owner: string): number {
    const sql = "SELECT count(*) AS running FROM executions WHERE owner = ? AND state = 'running'";
    return this.#db.prepare<[string], { running: number }>(sql).get(owner)?.running ?? 0;
  }

  nodes(owner: string | undefined): NodeSummary[] {
    return this.#summaries<NodeSummary>(
      `SELECT node, count(*) AS executions, sum(state = 'running') AS running, max(started_at) AS lastStartedAt
       FROM executions WHERE @owner IS NULL OR owner = @owner GROUP BY node ORDER BY node LIMIT ${MAX_SUMMARIES}`,
      owner,
    );
  }

  jobs(owner: string | undefined): JobSummary[] {
    return this.#summaries<JobSummary>(
      `SELECT job, count(*) AS executions, sum(state = 'running') AS running, sum(state = 'failed') AS failed,
         min(started_at) AS startedAt
       FROM executions WHERE @owner IS NULL OR owner = @owner
       GROUP BY owner, job ORDER BY startedAt DESC LIMIT ${MAX_SUMMARIES}`,
      owner,
    );
  }

  close(): void {
    this.#db.close();
  }

  #summaries<Row>(sql: string, owner: string | undefined): Row[] {
    return this.#db.prepare<{ owner: string | null }, Row>(sql).all({ owner: owner ?? null });
  }
}

function searchText(execution: Execution): string {
  const labels = Object.entries(execution.labels).map(([key, value]) => `${key}=${value}`);
  return [...execution.argv, execution.job, execution.node, execution.x, ...labels].join(" ").toLowerCase();
}

function parseRow(value: unknown): IndexRow | undefined {
  const row = asRecord(value);
  if (row === undefined) return undefined;
  const { node, x, key_hash: keyHash, base, summary } = row;
  if (typeof node !== "string" || typeof x !== "string" || typeof keyHash !== "string") return undefined;
  if (typeof base !== "string" || typeof summary !== "string") return undefined;
  const execution = parseExecution(parseJson(summary));
  return execution === undefined ? undefined : { node, x, keyHash, base, execution, isOpen: row["open"] === 1 };
}
