import { closeSync, openSync } from "node:fs";
import Database from "better-sqlite3";
import { asCount, asRecord, parseJson, type UnknownRecord } from "../wire/record.ts";
import type { StoredShare, StoredThing, StoredWith } from "./stored-share.ts";

/** All shares: few, so they are in memory as well. Owns its file, which only the service may read. */
export class ShareBook {
  readonly #db: Database.Database;
  readonly #shares = new Map<string, StoredShare>();

  constructor(path: string) {
    closeSync(openSync(path, "a", 0o600));
    this.#db = new Database(path);
    this.#db.pragma("journal_mode = WAL");
    // A share that was taken back must not return after a power cut.
    this.#db.pragma("synchronous = FULL");
    this.#db.exec("CREATE TABLE IF NOT EXISTS shares (id TEXT PRIMARY KEY, share TEXT NOT NULL) WITHOUT ROWID");
    for (const row of this.#db.prepare("SELECT share FROM shares").all()) {
      const share = parse(asRecord(row)?.["share"]);
      if (share !== undefined) this.#shares.set(share.id, share);
    }
  }

  values(): IterableIterator<StoredShare> {
    return this.#shares.values();
  }

  get size(): number {
    return this.#shares.size;
  }

  get(id: string): StoredShare | undefined {
    return this.#shares.get(id);
  }

  add(share: StoredShare): void {
    this.#db.prepare("INSERT INTO shares VALUES (?, ?)").run(share.id, JSON.stringify(share));
    this.#shares.set(share.id, share);
  }

  /** Removes it from memory first: whatever the disk does, it grants nothing any more. */
  remove(id: string): void {
    this.#shares.delete(id);
    this.#db.prepare("DELETE FROM shares WHERE id = ?").run(id);
  }

  close(): void {
    this.#db.close();
  }
}

function parse(text: unknown): StoredShare | undefined {
  const record = typeof text === "string" ? asRecord(parseJson(text)) : undefined;
  const { id, owner } = record ?? {};
  const [ownerUid, sinceMs] = [asCount(record?.["ownerUid"]), asCount(record?.["sinceMs"])];
  const [what, withWhom] = [parseThing(asRecord(record?.["what"])), parseWith(asRecord(record?.["with"]))];
  if (typeof id !== "string" || typeof owner !== "string" || ownerUid === undefined) return undefined;
  if (what === undefined || withWhom === undefined || sinceMs === undefined) return undefined;
  const untilMs = asCount(record?.["untilMs"]);
  // Better no share than one without its end.
  if (record?.["untilMs"] !== undefined && untilMs === undefined) return undefined;
  return { id, owner, ownerUid, what, with: withWhom, untilMs, sinceMs };
}

function parseThing({ job, run, x, node }: UnknownRecord = {}): StoredThing | undefined {
  if (typeof job !== "string" || (run !== undefined && typeof run !== "string")) return undefined;
  if (x === undefined) return { job, ...(run === undefined ? {} : { run }) };
  return typeof x === "string" && typeof node === "string" && run !== undefined ? { job, run, x, node } : undefined;
}

function parseWith({ user, uid, group, gid }: UnknownRecord = {}): StoredWith | undefined {
  const [userId, groupId] = [asCount(uid), asCount(gid)];
  if (typeof user === "string" && userId !== undefined) return { user, uid: userId };
  return typeof group === "string" && groupId !== undefined ? { group, gid: groupId } : undefined;
}
