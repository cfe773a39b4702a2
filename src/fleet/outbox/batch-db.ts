import type Database from "better-sqlite3";

/** A run in batches: it goes to `size` nodes at a time. */
interface BatchRow {
  readonly owner: string;
  readonly run: string;
  readonly size: number;
  /** 1: a failure holds back the others. */
  readonly pauses: 0 | 1;
  /** Failures so far that no longer pause it. */
  readonly forgiven: number;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS batches (owner TEXT, run TEXT, size INTEGER, pauses INTEGER, forgiven INTEGER,
    PRIMARY KEY (owner, run)) WITHOUT ROWID;`;

/** Runs in batches, stored until they are final on all nodes. */
export class BatchDb {
  readonly #statements: ReturnType<typeof prepared>;

  /** @param db of the outbox, which commits and closes it; has the table `targets` */
  constructor(db: Database.Database) {
    db.exec(SCHEMA);
    this.#statements = prepared(db);
  }

  put(row: BatchRow): void {
    this.#statements.put.run(row);
  }

  get(owner: string, run: string): BatchRow | undefined {
    return this.#statements.get.get(owner, run) as BatchRow | undefined;
  }

  /** Whether some nodes of a run are held, and all others have ended. */
  isDue(owner: string, run: string): boolean {
    return (this.#statements.isDue.get({ owner, run }) as { is: 0 | 1 }).is === 1;
  }
}

function prepared(db: Database.Database) {
  const open = "SELECT 1 FROM targets WHERE owner = @owner AND run = @run AND final = 0";
  const others = `EXISTS (${open} AND state < 'held') OR EXISTS (${open} AND state > 'held')`;
  return {
    put: db.prepare("INSERT OR REPLACE INTO batches VALUES (@owner, @run, @size, @pauses, @forgiven)"),
    get: db.prepare("SELECT * FROM batches WHERE owner = ? AND run = ?"),
    isDue: db.prepare(`SELECT EXISTS (${open} AND state = 'held') AND NOT (${others}) AS "is"`),
  };
}
