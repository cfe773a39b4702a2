import type Database from "better-sqlite3";
import type { NodeEvent } from "../../wire/fleet/node-event.ts";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS notices (seq INTEGER PRIMARY KEY, id TEXT, node TEXT, kind TEXT, at INTEGER, severity TEXT,
    user TEXT, name TEXT, text TEXT, UNIQUE (node, id));
  CREATE INDEX IF NOT EXISTS notices_of_user ON notices (node, user, seq);`;

/** What is kept, the newest that came: of one user on one node, and of a node's errors; so none pushes out another's. */
const MAX_OF_USER = 200;
const MAX_OF_NODE = 1_000;
/** Of everybody: 10 MB. */
const MAX_NOTICES = 20_000;

/** What nodes report that belongs to no run: their errors, and users' events. In the order in which it came: clocks differ. */
export class NoticeDb {
  readonly #statements: ReturnType<typeof prepared>;

  /** @param db the outbox's, which commits and closes it */
  constructor(db: Database.Database) {
    db.exec(SCHEMA);
    this.#statements = prepared(db);
  }

  /** Inside a commit. False if it is known already. */
  add(notice: NodeEvent): boolean {
    const { add, pruneUser, pruneNode, pruneAll } = this.#statements;
    if (add.run(notice).changes === 0) return false;
    const { node, user } = notice;
    pruneUser.run({ node, user, most: MAX_OF_USER });
    pruneNode.run({ node, most: MAX_OF_NODE });
    pruneAll.run({ most: MAX_NOTICES });
    return true;
  }

  /** Newest first; of one user only where one is named. */
  newest(limit: number, user?: string): readonly NodeEvent[] {
    return this.#statements.newest.all({ limit, user: user ?? null }) as NodeEvent[];
  }
}

function prepared(db: Database.Database) {
  const beyond = (which: string): string =>
    `DELETE FROM notices WHERE ${which} seq <= (SELECT seq FROM notices WHERE ${which} TRUE ORDER BY seq DESC LIMIT 1 OFFSET @most)`;
  return {
    add: db.prepare(`INSERT OR IGNORE INTO notices (id, node, kind, at, severity, user, name, text)
      VALUES (@id, @node, @kind, @at, @severity, @user, @name, @text)`),
    pruneUser: db.prepare(beyond("node = @node AND user = @user AND")),
    pruneNode: db.prepare(beyond("node = @node AND")),
    pruneAll: db.prepare(beyond("")),
    newest: db.prepare(`SELECT id, node, kind, at, severity, user, name, text FROM notices
      WHERE @user IS NULL OR user = @user ORDER BY seq DESC LIMIT @limit`),
  };
}
