import { randomBytes } from "node:crypto";
import { closeSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";

const SECRET_BYTES = 32;

/** The key that signs session cookies: created once, readable only by the service. */
export function loadSessionSecret(dataDir: string): string {
  const path = join(dataDir, "session-secret");
  try {
    const fd = openSync(path, "wx", 0o600);
    try {
      writeSync(fd, randomBytes(SECRET_BYTES).toString("base64url"));
    } catch (error) {
      // Otherwise the next start would find an invalid secret.
      rmSync(path, { force: true });
      throw error;
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  const secret = readFileSync(path, "utf8");
  if (secret.length >= SECRET_BYTES) return secret;
  throw new TypeError(`Cannot sign sessions: ${path} is too short, remove it`);
}

/** Opens DATA/sessions.db, readable only by the service (SQLite gives its other files the same mode). */
export function openSessionDb(dataDir: string): Database.Database {
  const path = join(dataDir, "sessions.db");
  closeSync(openSync(path, "a", 0o600));
  const db = new Database(path);
  db.pragma("journal_mode = WAL");
  // A session lost in a power cut costs one more login.
  db.pragma("synchronous = NORMAL");
  db.exec(`CREATE TABLE IF NOT EXISTS sessions (
    sid_hash TEXT PRIMARY KEY,
    uid INTEGER NOT NULL,
    data TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS sessions_of_user ON sessions (uid, created_ms);`);
  return db;
}

/** Ends every session of a user, even while a collector runs. Returns their number. */
export function endSessions(dataDir: string, user: string): number {
  const db = new Database(join(dataDir, "sessions.db"), { fileMustExist: true });
  try {
    return db.prepare("DELETE FROM sessions WHERE json_extract(data, '$.user') = ?").run(user).changes;
  } finally {
    db.close();
  }
}
