import type Database from "better-sqlite3";

interface PublishedRow {
  readonly owner: string;
  readonly run: string;
  readonly node: string;
  /** When it started there, by the node's clock. */
  readonly at: number;
}

const NAME = "json_extract(details, '$.publish')";
/** Each costs a digest to name its execution, and lines of jobs wait meanwhile. */
const MAX_ROWS = 128;

/** Runs whose commands have published a name, found by it. */
export class PublishedDb {
  readonly #running: Database.Statement;

  constructor(db: Database.Database) {
    db.exec(`CREATE INDEX IF NOT EXISTS published ON runs (owner, ${NAME}) WHERE ${NAME} <> ''`);
    this.#running = db.prepare(`SELECT owner, run, node, at FROM runs JOIN targets USING (owner, run)
      WHERE owner = @owner AND ${NAME} = @name AND ${NAME} <> '' AND final = 0 AND state = 'started'
      ORDER BY run, node LIMIT ${MAX_ROWS}`);
  }

  /** Those that run now, the oldest first. */
  running(of: { readonly owner: string; readonly name: string }): readonly PublishedRow[] {
    return this.#running.all(of) as PublishedRow[];
  }
}
