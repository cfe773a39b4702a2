import type Database from "better-sqlite3";
import type { SlotIdentity } from "../../frame/slot-identity.ts";

/** The index's copy of tombstones: executions that a replay must not bring back. */
export class BuriedRows {
  readonly #forget: Database.Statement;
  readonly #bury: Database.Statement;
  readonly #find: Database.Statement;
  readonly #expire: Database.Statement;

  constructor(db: Database.Database) {
    this.#forget = db.prepare("DELETE FROM executions WHERE node = ? AND x = ? AND key_hash = ?");
    this.#bury = db.prepare("INSERT OR REPLACE INTO tombstones VALUES (?, ?, ?, ?)");
    this.#find = db.prepare("SELECT 1 FROM tombstones WHERE node = ? AND x = ? AND key_hash = ?");
    this.#expire = db.prepare("DELETE FROM tombstones WHERE deleted_at_ms < ?");
  }

  /** Removes the row, if there is one, and remembers that it must not return. */
  bury({ node, x, keyHash }: SlotIdentity, deletedAtMs: number): void {
    this.#forget.run(node, x, keyHash);
    this.#bury.run(node, x, keyHash, deletedAtMs);
  }

  has({ node, x, keyHash }: SlotIdentity): boolean {
    return this.#find.get(node, x, keyHash) !== undefined;
  }

  expire(beforeMs: number): void {
    this.#expire.run(beforeMs);
  }
}
