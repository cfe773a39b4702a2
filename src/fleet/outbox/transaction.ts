import type Database from "better-sqlite3";

/** The database's one transaction, which may stay open over several turns of the event loop. Changes are on the disk once `commit` returns. */
export class Transaction {
  readonly #db: Database.Database;
  readonly #statements: Readonly<Record<"begin" | "commit" | "rollback", Database.Statement>>;
  #undo: (() => void)[] = [];
  /** Callers of `ended`, bounded by the users' requests that the web takes. */
  #waiting: (() => void)[] = [];

  constructor(db: Database.Database) {
    this.#db = db;
    const [begin, commit, rollback] = [db.prepare("BEGIN IMMEDIATE"), db.prepare("COMMIT"), db.prepare("ROLLBACK")];
    this.#statements = { begin, commit, rollback };
  }

  begin(): void {
    this.#statements.begin.run();
  }

  commit(): void {
    this.#statements.commit.run();
    this.#end();
  }

  /** Undoes everything since `begin`, also in memory. SQLite may have rolled back by itself if the disk is full. */
  rollback(): void {
    if (this.#db.inTransaction) this.#statements.rollback.run();
    for (const undo of this.#undo.reverse()) undo();
    this.#end();
  }

  /** Registers how to undo a change in memory that belongs to the transaction. */
  onRollback(undo: () => void): void {
    this.#undo.push(undo);
  }

  /** Resolves when none is open: reads until the event loop's next turn see only what is on the disk. */
  async ended(): Promise<void> {
    while (this.#db.inTransaction) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #end(): void {
    this.#undo = [];
    for (const go of this.#waiting.splice(0)) go();
  }
}
