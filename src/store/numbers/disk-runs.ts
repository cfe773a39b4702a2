import type Database from "better-sqlite3";
import type { Run, RunList } from "./runs.ts";

export const RUNS_SCHEMA = `
  CREATE TABLE runs (owner INTEGER, n INTEGER, lines INTEGER, at INTEGER, bytes INTEGER, line INTEGER,
    PRIMARY KEY (owner, n)) WITHOUT ROWID;
  CREATE INDEX runs_in_file ON runs (owner, line);
`;

/** The same as `MemoryRuns`, on disk. Throws what SQLite throws, and has changed nothing then. */
export class DiskRuns implements RunList {
  readonly #owner: number;
  readonly #insertAll: (runs: readonly Run[]) => void;
  readonly #last: Database.Statement<[number], Run>;
  readonly #delete: Database.Statement;
  readonly #holding: Database.Statement<[number, number], Run>;
  readonly #above: Database.Statement<[number, number, number], Run>;
  readonly #clear: Database.Statement;
  count = 0;
  readonly held = 0;

  constructor(db: Database.Database, owner: number) {
    const columns = "SELECT n, lines, at, bytes, line FROM runs WHERE owner = ?";
    this.#owner = owner;
    // A number twice is a fault of the sidecar; the later run holds.
    const insert = db.prepare("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?)");
    this.#insertAll = db.transaction((runs: readonly Run[]) => {
      for (const { n, lines, at, bytes, line } of runs) insert.run(owner, n, lines, at, bytes, line);
    });
    this.#last = db.prepare(`${columns} ORDER BY line DESC LIMIT 1`);
    this.#delete = db.prepare("DELETE FROM runs WHERE owner = ? AND n = ?");
    this.#holding = db.prepare(`${columns} AND n <= ? ORDER BY n DESC LIMIT 1`);
    this.#above = db.prepare(`${columns} AND n > ? ORDER BY n LIMIT ?`);
    this.#clear = db.prepare("DELETE FROM runs WHERE owner = ?");
  }

  push(run: Run): void {
    this.pushAll([run]);
  }

  /** All of them or, when that fails, none. */
  pushAll(runs: readonly Run[]): void {
    this.#insertAll(runs);
    this.count += runs.length;
  }

  pop(): Run | undefined {
    const last = this.#last.get(this.#owner);
    if (last === undefined) return undefined;
    this.#delete.run(this.#owner, last.n);
    this.count -= 1;
    return last;
  }

  from(n: number, limit: number): Run[] {
    const holding = this.#holding.get(this.#owner, n);
    const isIn = holding !== undefined && holding.n + holding.lines > n;
    const above = this.#above.all(this.#owner, n, isIn ? limit - 1 : limit);
    return isIn ? [holding, ...above] : above;
  }

  release(): void {
    this.#clear.run(this.#owner);
  }
}
