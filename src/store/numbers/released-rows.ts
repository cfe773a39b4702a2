import type Database from "better-sqlite3";

type Table = "stretches" | "intervals";

/** Rows deleted in one turn of the event loop: about a millisecond. */
const ROWS_A_TURN = 256;

/** Most sets waiting: a few megabytes. Rows of others stay until the next start, which rebuilds the file. */
const MAX_WAITING = 65_536;

/** Deletes the rows of unused sets, a few in each turn of the event loop: one set may have a million. */
export class ReleasedRows {
  readonly #delete: Record<Table, Database.Statement>;
  readonly #maxWaiting: number;
  readonly #waiting: { readonly table: Table; readonly owner: number }[] = [];
  #turn: NodeJS.Immediate | undefined;
  #passedOver = 0;

  constructor(db: Database.Database, maxWaiting = MAX_WAITING) {
    this.#maxWaiting = maxWaiting;
    const some = (table: Table, key: string) =>
      db.prepare(`DELETE FROM ${table} WHERE owner = :owner AND ${key} IN
        (SELECT ${key} FROM ${table} WHERE owner = :owner ORDER BY ${key} LIMIT ${ROWS_A_TURN})`);
    this.#delete = { stretches: some("stretches", "n"), intervals: some("intervals", "low") };
  }

  /** Sets released while too many were waiting, since the start. */
  get passedOver(): number {
    return this.#passedOver;
  }

  /** Deletes this owner's rows, which the caller must not use again. */
  add(table: Table, owner: number): void {
    if (this.#waiting.length === this.#maxWaiting) {
      this.#passedOver += 1;
      return;
    }
    this.#waiting.push({ table, owner });
    this.#turn ??= setImmediate(() => this.#deleteSome());
  }

  /** Leaves the rest: it goes with the file. */
  stop(): void {
    clearImmediate(this.#turn);
    this.#waiting.length = 0;
  }

  #deleteSome(): void {
    const [first] = this.#waiting;
    this.#turn = undefined;
    if (first === undefined) return;
    try {
      const { changes } = this.#delete[first.table].run({ owner: first.owner });
      if (changes < ROWS_A_TURN) this.#waiting.shift();
    } catch {
      // The next start removes them together with the cache's file.
      this.#waiting.shift();
    }
    if (this.#waiting.length > 0) this.#turn = setImmediate(() => this.#deleteSome());
  }
}
