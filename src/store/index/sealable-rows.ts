import type Database from "better-sqlite3";
import type { SlotIdentity } from "../../frame/slot-identity.ts";
import { asRecord } from "../../wire/record.ts";

/** A place in the order in which logs became sealable. */
export interface SealablePlace {
  readonly sinceMs: number;
  readonly id: number;
}

/** Executions whose logs can be sealed, the oldest first. */
export class SealableRows {
  readonly #select: Database.Statement;

  constructor(db: Database.Database) {
    this.#select = db.prepare(`
      SELECT id, node, x, key_hash, sealable_since FROM executions INDEXED BY by_sealable
      WHERE sealable_since IS NOT NULL AND sealable_since <= @beforeMs AND (sealable_since, id) > (@sinceMs, @id)
      ORDER BY sealable_since, id LIMIT @limit`);
  }

  /** Executions after a place whose logs became sealable by `beforeMs`. */
  list(query: SealablePlace & { readonly beforeMs: number; readonly limit: number }): (SlotIdentity & SealablePlace)[] {
    const { sinceMs, id, beforeMs, limit } = query;
    return this.#select.all({ sinceMs, id, beforeMs, limit }).flatMap((row) => parse(row) ?? []);
  }
}

function parse(value: unknown): (SlotIdentity & SealablePlace) | undefined {
  const { id, node, x, key_hash: keyHash, sealable_since: sinceMs } = asRecord(value) ?? {};
  if (typeof node !== "string" || typeof x !== "string" || typeof keyHash !== "string") return undefined;
  return typeof id === "number" && typeof sinceMs === "number" ? { id, node, x, keyHash, sinceMs } : undefined;
}
