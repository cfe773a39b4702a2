import type Database from "better-sqlite3";
import type { NodeEvent } from "../../wire/fleet/node-event.ts";
import { NoticeCounts } from "./notice-counts.ts";
import type { Transaction } from "./transaction.ts";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS notices (seq INTEGER PRIMARY KEY, id TEXT, node TEXT, kind TEXT, at INTEGER, severity TEXT,
    user TEXT, name TEXT, text TEXT, UNIQUE (node, id));
  CREATE INDEX IF NOT EXISTS notices_of_user ON notices (node, user, seq);
  CREATE INDEX IF NOT EXISTS notices_of_node ON notices (node, seq);`;

/** Newest notices kept of one user on one node, and of a node's errors: no user's push out another's. */
const MAX_OF_USER = 200;
/** Newest notices kept of one node. */
const MAX_OF_NODE = 1_000;
/** Newest notices kept in total: 10 MB. */
const MAX_NOTICES = 20_000;

/** Node and user of a notice; a node's error has an empty user. */
type Of = Pick<NodeEvent, "node" | "user">;

/** Nodes' reports outside of runs: errors, and users' events. Sorted by arrival, because clocks differ. */
export class NoticeDb {
  readonly #statements: ReturnType<typeof prepared>;
  readonly #transaction: Pick<Transaction, "onRollback">;
  /** Counts of stored notices: SQLite would walk thousands of rows for each new one. Undefined: to be counted. */
  #counts: NoticeCounts | undefined;

  /**
   * @param db of the outbox, which closes it
   * @param transaction the one in which notices are added
   */
  constructor(db: Database.Database, transaction: Pick<Transaction, "onRollback">) {
    db.exec(SCHEMA);
    this.#statements = prepared(db);
    this.#transaction = transaction;
  }

  /** Call it inside a commit. Returns how many older notices were removed for it; undefined if it was stored before. */
  add(notice: NodeEvent): number | undefined {
    const { add, count, pruneUser, pruneNode, pruneAll } = this.#statements;
    this.#counts ??= new NoticeCounts(count.all() as (Of & { readonly count: number })[]);
    const counts = this.#counts;
    if (add.run(notice).changes === 0) return undefined;
    this.#transaction.onRollback(() => {
      this.#counts = undefined;
    });
    counts.add(notice);
    const { node, user } = notice;
    const ofUser = this.#prune(counts, pruneUser, { node, user, over: counts.ofUser(notice) - MAX_OF_USER });
    const ofNode = this.#prune(counts, pruneNode, { node, over: counts.ofNode(node) - MAX_OF_NODE });
    return ofUser + ofNode + this.#prune(counts, pruneAll, { over: counts.all - MAX_NOTICES });
  }

  /** Newest first; with `user`, only that user's. */
  newest(limit: number, user?: string): readonly NodeEvent[] {
    return this.#statements.newest.all({ limit, user: user ?? null }) as NodeEvent[];
  }

  #prune(counts: NoticeCounts, statement: Database.Statement, of: Partial<Of> & { readonly over: number }): number {
    if (of.over <= 0) return 0;
    const pruned = statement.all(of) as Of[];
    for (const each of pruned) counts.remove(each);
    return pruned.length;
  }
}

function prepared(db: Database.Database) {
  const oldest = (which: string): string =>
    `DELETE FROM notices WHERE seq IN (SELECT seq FROM notices ${which} ORDER BY seq LIMIT @over) RETURNING node, user`;
  return {
    add: db.prepare(`INSERT OR IGNORE INTO notices (id, node, kind, at, severity, user, name, text)
      VALUES (@id, @node, @kind, @at, @severity, @user, @name, @text)`),
    count: db.prepare("SELECT node, user, count(*) AS count FROM notices GROUP BY node, user"),
    pruneUser: db.prepare(oldest("WHERE node = @node AND user = @user")),
    pruneNode: db.prepare(oldest("WHERE node = @node")),
    pruneAll: db.prepare(oldest("")),
    newest: db.prepare(`SELECT id, node, kind, at, severity, user, name, text FROM notices
      WHERE @user IS NULL OR user = @user ORDER BY seq DESC LIMIT @limit`),
  };
}
