import type Database from "better-sqlite3";

interface PublishedRow {
  readonly owner: string;
  readonly run: string;
  readonly node: string;
  /** When it started there, by the node's clock. */
  readonly at: number;
}

const NAME = "json_extract(details, '$.publish')";
/** Only runs that have not ended still have a message: of a command started each minute, thousands of ended ones are kept. */
const IS_PUBLISHED = `${NAME} <> '' AND message IS NOT NULL`;
/** Each costs a digest for its execution's id, and all else of the fleet waits meanwhile. */
const MAX_ROWS = 128;

/** Finds runs by the name that their commands have published. */
export class PublishedDb {
  readonly #running: Database.Statement;

  constructor(db: Database.Database) {
    db.exec(`CREATE INDEX IF NOT EXISTS open_published ON runs (owner, ${NAME}) WHERE ${IS_PUBLISHED}`);
    // CROSS fixes the order, from the name to its nodes: otherwise SQLite reads all nodes of all the user's stored runs.
    this.#running = db.prepare(`SELECT owner, run, node, at FROM runs CROSS JOIN targets USING (owner, run)
      WHERE owner = @owner AND ${NAME} = @name AND ${IS_PUBLISHED} AND final = 0 AND state = 'started'
      ORDER BY run, node LIMIT ${MAX_ROWS}`);
  }

  /** Runs under way, the oldest first. */
  running(of: { readonly owner: string; readonly name: string }): readonly PublishedRow[] {
    return this.#running.all(of) as PublishedRow[];
  }
}
