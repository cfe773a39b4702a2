import type Database from "better-sqlite3";

interface JournalRow {
  readonly node: string;
  readonly journal: string;
  readonly sequence: number;
  /** 1: the one that orders are sent to. */
  readonly current: 0 | 1;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS journals (node TEXT, journal TEXT, sequence INTEGER, current INTEGER,
    PRIMARY KEY (node, journal)) WITHOUT ROWID;`;

/** Nodes' journals. */
export class NodeDb {
  readonly #statements: ReturnType<typeof prepared>;

  /** @param db of the outbox, which commits and closes it */
  constructor(db: Database.Database) {
    db.exec(SCHEMA);
    this.#statements = prepared(db);
  }

  journals(node: string): readonly JournalRow[] {
    return this.#statements.journals.all(node) as JournalRow[];
  }

  putJournal(row: JournalRow): void {
    if (row.current === 1) this.#statements.endJournals.run(row.node);
    this.#statements.putJournal.run(row);
  }

  /** Raises a journal's sequence to at least this one. False if the journal is unknown. */
  raiseSequence(of: Pick<JournalRow, "node" | "journal" | "sequence">): boolean {
    return this.#statements.raiseSequence.run(of).changes > 0;
  }
}

function prepared(db: Database.Database) {
  return {
    journals: db.prepare("SELECT * FROM journals WHERE node = ?"),
    endJournals: db.prepare("UPDATE journals SET current = 0 WHERE node = ?"),
    putJournal: db.prepare("INSERT OR REPLACE INTO journals VALUES (@node, @journal, @sequence, @current)"),
    raiseSequence: db.prepare(`UPDATE journals SET sequence = max(sequence, @sequence)
      WHERE node = @node AND journal = @journal`),
  };
}
