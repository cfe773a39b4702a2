import type Database from "better-sqlite3";

/** The database's one transaction, which may stay open over several turns of the event loop. On the disk once `commit` returns. */
export class Transaction {
  readonly #db: Database.Database;
  readonly #statements: Readonly<Record<"begin" | "commit" | "rollback", Database.Statement>>;
  #undo: (() => void)[] = [];
  /** Who waits for its end: bounded by the requests of users that the web takes. */
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

  /** What was done since `begin` has not happened. SQLite may have rolled back by itself, where the disk is full. */
  rollback(): void {
    if (this.#db.inTransaction) this.#statements.rollback.run();
    for (const undo of this.#undo.reverse()) undo();
    this.#end();
  }

  /** Since `begin`: how to take back what has changed in memory with it. */
  onRollback(undo: () => void): void {
    this.#undo.push(undo);
  }

  /** Resolves when none is open: what is read before the event loop's next turn is on the disk. */
  async ended(): Promise<void> {
    while (this.#db.inTransaction) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #end(): void {
    this.#undo = [];
    for (const go of this.#waiting.splice(0)) go();
  }
}
