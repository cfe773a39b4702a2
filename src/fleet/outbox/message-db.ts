import type Database from "better-sqlite3";

/** A signed order or cancel as it is sent. */
interface Message {
  readonly digest: string;
  readonly message: string;
}

interface StopRow extends Message {
  /** Who signed it, and with which key. */
  readonly by: string;
  readonly signer: string;
}

/**
 * The row in `runs` holds the first part of an order, `parts` holds the others. `stops` holds all parts of the latest cancel.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS parts (owner TEXT, run TEXT, part INTEGER, digest TEXT, message TEXT,
    PRIMARY KEY (owner, run, part)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS stops (owner TEXT, run TEXT, part INTEGER, by TEXT, signer TEXT, digest TEXT, message TEXT,
    PRIMARY KEY (owner, run, part)) WITHOUT ROWID;`;
/** Migrates an outbox from before orders had parts. */
const MOVE_CANCELS = `
  INSERT OR IGNORE INTO stops SELECT owner, run, 0, by, '', digest, message FROM cancels;
  DROP TABLE cancels;`;

/** A run's order and cancel, each as one message or as several parts that name different nodes. */
export class MessageDb {
  readonly #statements: ReturnType<typeof prepared>;

  /** @param db of the outbox, which commits and closes it; has the tables `runs` and `targets` */
  constructor(db: Database.Database) {
    db.exec(SCHEMA);
    const isOld = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'cancels'").get() !== undefined;
    if (isOld) db.transaction(() => db.exec(MOVE_CANCELS))();
    this.#statements = prepared(db);
  }

  /** Adds a part to a stored run. */
  addPart(owner: string, run: string, part: Message): void {
    this.#statements.addPart.run({ owner, run, ...part });
  }

  /** Digests of the order's parts; empty: no such run. Cheaper than `orders`, whose messages may have 192 KiB each. */
  digests(owner: string, run: string): readonly string[] {
    return this.#statements.digests.all({ owner, run }) as string[];
  }

  /** The order's parts; empty: the run has ended on all nodes, or is unknown. */
  orders(owner: string, run: string): readonly string[] {
    return this.#statements.orders.all({ owner, run }) as string[];
  }

  /** Stores a cancel in place of an earlier one. */
  putStop(owner: string, run: string, parts: readonly StopRow[]): void {
    this.#statements.removeStop.run({ owner, run });
    for (const [part, row] of parts.entries()) this.#statements.putStop.run({ owner, run, part, ...row });
  }

  /** The parts of the latest cancel. */
  stop(owner: string, run: string): readonly StopRow[] {
    return this.#statements.stop.all({ owner, run }) as StopRow[];
  }

  /** Once a run is final on all nodes: removes its messages and cancel. True if messages of its order were removed. */
  settle(owner: string, run: string): boolean {
    const { settleRun, settleParts, settleStop } = this.#statements;
    settleStop.run({ owner, run });
    return [settleRun, settleParts].filter((each) => each.run({ owner, run }).changes > 0).length > 0;
  }
}

function prepared(db: Database.Database) {
  const of = "owner = @owner AND run = @run";
  const mayGo = `NOT EXISTS (SELECT 1 FROM targets t WHERE t.owner = @owner AND t.run = @run AND t.final = 0)`;
  const partsOf = (what: string): string =>
    `SELECT ${what} FROM (SELECT 0 AS part, digest, message FROM runs WHERE ${of}
      UNION ALL SELECT part, digest, message FROM parts WHERE ${of}) WHERE ${what} IS NOT NULL ORDER BY part`;
  return {
    addPart: db.prepare(`INSERT INTO parts
      SELECT @owner, @run, 1 + coalesce(max(part), 0), @digest, @message FROM parts WHERE ${of}`),
    digests: db.prepare(partsOf("digest")).pluck(),
    orders: db.prepare(partsOf("message")).pluck(),
    removeStop: db.prepare(`DELETE FROM stops WHERE ${of}`),
    putStop: db.prepare("INSERT INTO stops VALUES (@owner, @run, @part, @by, @signer, @digest, @message)"),
    stop: db.prepare(`SELECT by, signer, digest, message FROM stops WHERE ${of} ORDER BY part`),
    settleRun: db.prepare(`UPDATE runs SET message = NULL WHERE ${of} AND ${mayGo}`),
    settleParts: db.prepare(`UPDATE parts SET message = NULL WHERE ${of} AND ${mayGo}`),
    settleStop: db.prepare(`DELETE FROM stops WHERE ${of} AND ${mayGo}`),
  };
}
