import type Database from "better-sqlite3";

interface TransactionOptions {
  readonly onCommitted: () => void;
  readonly onRolledBack: () => void;
}

/** The database's one transaction, which may stay open over several turns of the event loop. On the disk once `commit` returns. */
export class Transaction {
  readonly #db: Database.Database;
  readonly #statements: Readonly<Record<"begin" | "commit" | "rollback", Database.Statement>>;
  readonly #options: TransactionOptions;

  constructor(db: Database.Database, options: TransactionOptions) {
    this.#db = db;
    this.#options = options;
    const [begin, commit, rollback] = [db.prepare("BEGIN IMMEDIATE"), db.prepare("COMMIT"), db.prepare("ROLLBACK")];
    this.#statements = { begin, commit, rollback };
  }

  begin(): void {
    this.#statements.begin.run();
  }

  commit(): void {
    this.#statements.commit.run();
    this.#options.onCommitted();
  }

  /** What was done since `begin` has not happened. SQLite may have rolled back by itself, where the disk is full. */
  rollback(): void {
    if (this.#db.inTransaction) this.#statements.rollback.run();
    this.#options.onRolledBack();
  }
}
