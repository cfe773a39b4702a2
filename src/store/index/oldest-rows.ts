import type Database from "better-sqlite3";
import type { SlotIdentity } from "../../frame/slot-identity.ts";

/** A row without its texts: enough to decide how long an execution is kept. */
export interface OldRow extends SlotIdentity {
  readonly owner: string;
  readonly job: string;
  readonly run: string;
  readonly startedAt: string;
  /** When it ended or was last heard of; empty while it is running. */
  readonly overAt: string;
  /** Path of its files below `DATA/logs`, without ending. */
  readonly base: string;
  readonly diskBytes: number;
  /** 1: the files may be ahead of this row. */
  readonly isOpen: 0 | 1;
}

/** A place between two rows, in their order. */
export type OldRowPlace = Pick<OldRow, "startedAt" | "x" | "node" | "owner">;

const COLUMNS = `node, x, key_hash AS keyHash, owner, job, run, started_at AS startedAt, over_at AS overAt, base,
  disk_bytes AS diskBytes, open AS isOpen`;
/** The place before all rows. */
const BEGINNING: OldRowPlace = { startedAt: "", x: "", node: "", owner: "" };

/** Executions by start, oldest first, in cheap steps: a retention sweep may pass a million. */
export class OldestRows {
  readonly #all: Database.Statement<unknown[], OldRow>;
  readonly #owners: Database.Statement<unknown[], OldRow>;
  readonly #counts: Database.Statement<[], { owner: string; executions: number }>;
  readonly #bytes: Database.Statement<[], { owner: string; bytes: number }>;

  constructor(db: Database.Database) {
    const order = "ORDER BY started_at, x, node, owner LIMIT @limit";
    const after = "(started_at, x, node, owner) > (@startedAt, @x, @node, @owner)";
    this.#all = db.prepare(`SELECT ${COLUMNS} FROM executions INDEXED BY by_start WHERE ${after} ${order}`);
    this.#owners = db.prepare(
      `SELECT ${COLUMNS} FROM executions INDEXED BY by_owner
       WHERE owner = @of AND (started_at, x, node) > (@startedAt, @x, @node) ORDER BY started_at, x, node LIMIT @limit`,
    );
    this.#counts = db.prepare("SELECT owner, sum(executions) AS executions FROM node_totals GROUP BY owner");
    this.#bytes = db.prepare("SELECT owner, disk_bytes AS bytes FROM owner_totals");
  }

  /** The next rows after a place: of one owner, or of everybody. */
  page(after: OldRowPlace | undefined, limit: number, owner?: string): OldRow[] {
    const { startedAt, x, node, owner: last } = after ?? BEGINNING;
    const place = { startedAt, x, node, limit };
    return owner === undefined ? this.#all.all({ ...place, owner: last }) : this.#owners.all({ ...place, of: owner });
  }

  /** Number and bytes of executions, for each owner that has any. */
  owners(): { owner: string; executions: number; bytes: number }[] {
    const bytes = new Map(this.#bytes.all().map((each) => [each.owner, each.bytes]));
    return this.#counts.all().map((each) => ({ ...each, bytes: bytes.get(each.owner) ?? 0 }));
  }
}
