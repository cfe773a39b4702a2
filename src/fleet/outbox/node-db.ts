import type Database from "better-sqlite3";
import type { NodeEvent } from "../../wire/fleet/node-event.ts";

interface JournalRow {
  readonly node: string;
  readonly journal: string;
  readonly sequence: number;
  /** 1: the one that orders are sent to. */
  readonly current: 0 | 1;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS journals (node TEXT, journal TEXT, sequence INTEGER, current INTEGER,
    PRIMARY KEY (node, journal)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS node_events (id TEXT, node TEXT, kind TEXT, at INTEGER, user TEXT, name TEXT, text TEXT,
    PRIMARY KEY (id, node)) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS node_events_by_time ON node_events (at);`;

/** What is kept of node events: the newest. */
const MAX_NODE_EVENTS = 10_000;

/** What the outbox keeps of nodes: their journals, and what they report that belongs to no run. */
export class NodeDb {
  readonly #statements: ReturnType<typeof prepared>;

  /** @param db the outbox's, which commits and closes it */
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

  addNodeEvent(row: NodeEvent): void {
    this.#statements.addNodeEvent.run(row);
    this.#statements.pruneNodeEvents.run(MAX_NODE_EVENTS);
  }

  /** Newest first. */
  nodeEvents(limit: number): readonly NodeEvent[] {
    return this.#statements.nodeEvents.all(limit) as NodeEvent[];
  }
}

function prepared(db: Database.Database) {
  return {
    journals: db.prepare("SELECT * FROM journals WHERE node = ?"),
    endJournals: db.prepare("UPDATE journals SET current = 0 WHERE node = ?"),
    putJournal: db.prepare("INSERT OR REPLACE INTO journals VALUES (@node, @journal, @sequence, @current)"),
    addNodeEvent: db.prepare("INSERT OR IGNORE INTO node_events VALUES (@id, @node, @kind, @at, @user, @name, @text)"),
    pruneNodeEvents: db.prepare(`DELETE FROM node_events WHERE at < (SELECT at FROM node_events ORDER BY at DESC
      LIMIT 1 OFFSET ?)`),
    nodeEvents: db.prepare("SELECT * FROM node_events ORDER BY at DESC LIMIT ?"),
  };
}
