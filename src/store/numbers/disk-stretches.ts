import type Database from "better-sqlite3";
import type { ReleasedRows } from "./released-rows.ts";
import type { Stretch, StretchList } from "./stretches.ts";

export const STRETCHES_SCHEMA = `
  CREATE TABLE stretches (owner INTEGER, n INTEGER, lines INTEGER, at INTEGER, bytes INTEGER, line INTEGER,
    PRIMARY KEY (owner, n)) WITHOUT ROWID;
  CREATE INDEX stretches_in_file ON stretches (owner, line);
`;

/** Like `MemoryStretches`, but on disk. Throws SQLite errors, and then has changed nothing. */
export class DiskStretches implements StretchList {
  readonly #owner: number;
  readonly #insertAll: (stretches: readonly Stretch[]) => void;
  readonly #last: Database.Statement<[number], Stretch>;
  readonly #delete: Database.Statement;
  readonly #holding: Database.Statement<[number, number], Stretch>;
  readonly #above: Database.Statement<[number, number, number], Stretch>;
  readonly #released: ReleasedRows;
  count = 0;
  readonly held = 0;

  constructor(db: Database.Database, owner: number, released: ReleasedRows) {
    const columns = "SELECT n, lines, at, bytes, line FROM stretches WHERE owner = ?";
    this.#owner = owner;
    this.#released = released;
    // A duplicate number is a fault of the sidecar; the later stretch is valid.
    const insert = db.prepare("INSERT OR REPLACE INTO stretches VALUES (?, ?, ?, ?, ?, ?)");
    this.#insertAll = db.transaction((stretches: readonly Stretch[]) => {
      for (const { n, lines, at, bytes, line } of stretches) insert.run(owner, n, lines, at, bytes, line);
    });
    this.#last = db.prepare(`${columns} ORDER BY line DESC LIMIT 1`);
    this.#delete = db.prepare("DELETE FROM stretches WHERE owner = ? AND n = ?");
    this.#holding = db.prepare(`${columns} AND n <= ? ORDER BY n DESC LIMIT 1`);
    this.#above = db.prepare(`${columns} AND n > ? ORDER BY n LIMIT ?`);
  }

  push(stretch: Stretch): void {
    this.pushAll([stretch]);
  }

  /** Adds all of them or, on failure, none. */
  pushAll(stretches: readonly Stretch[]): void {
    this.#insertAll(stretches);
    this.count += stretches.length;
  }

  pop(): Stretch | undefined {
    const last = this.#last.get(this.#owner);
    if (last === undefined) return undefined;
    this.#delete.run(this.#owner, last.n);
    this.count -= 1;
    return last;
  }

  from(n: number, limit: number): Stretch[] {
    const holding = this.#holding.get(this.#owner, n);
    const isIn = holding !== undefined && holding.n + holding.lines > n;
    const above = this.#above.all(this.#owner, n, isIn ? limit - 1 : limit);
    return isIn ? [holding, ...above] : above;
  }

  release(): void {
    this.#released.add("stretches", this.#owner);
  }
}
