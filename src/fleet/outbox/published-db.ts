import type Database from "better-sqlite3";

interface PublishedRow {
  readonly owner: string;
  readonly run: string;
  readonly node: string;
  /** When it started there, by the node's clock. */
  readonly at: number;
}

const NAME = "json_extract(details, '$.publish')";
/** The message of a run that has ended is gone: of a command that is started each minute, thousands are kept. */
const IS_PUBLISHED = `${NAME} <> '' AND message IS NOT NULL`;
/** Each costs a digest to name its execution, and all else of the fleet waits meanwhile. */
const MAX_ROWS = 128;

/** Runs whose commands have published a name, found by it. */
export class PublishedDb {
  readonly #running: Database.Statement;

  constructor(db: Database.Database) {
    db.exec(`CREATE INDEX IF NOT EXISTS open_published ON runs (owner, ${NAME}) WHERE ${IS_PUBLISHED}`);
    // CROSS: from the name to its nodes. SQLite itself would look at all nodes of all runs that are kept of the user.
    this.#running = db.prepare(`SELECT owner, run, node, at FROM runs CROSS JOIN targets USING (owner, run)
      WHERE owner = @owner AND ${NAME} = @name AND ${IS_PUBLISHED} AND final = 0 AND state = 'started'
      ORDER BY run, node LIMIT ${MAX_ROWS}`);
  }

  /** Those that run now, the oldest first. */
  running(of: { readonly owner: string; readonly name: string }): readonly PublishedRow[] {
    return this.#running.all(of) as PublishedRow[];
  }
}
