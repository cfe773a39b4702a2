import type { Database } from "better-sqlite3";
import { type SessionData, Store } from "express-session";
import type { Log } from "../host/log.ts";
import type { TokenScope } from "../wire/token.ts";
import { sidHash } from "./session-id.ts";

declare module "express-session" {
  interface SessionData {
    /** The owner of this session; express-session creates one for every request, and most have none. */
    user?: string;
    uid?: number;
    /** The address from which the user signed in. */
    address?: string;
    /** The browser's User-Agent then. */
    agent?: string;
    /** Changes with the password; absent or empty if unknown. */
    stamp?: string;
    /** True after a login by a one-time code instead of a password. */
    isByCode?: boolean;
    /** Set for a program's session, which shows a token instead of a cookie. */
    token?: {
      readonly name: string;
      readonly scopes: readonly TokenScope[];
      readonly usedMs?: number;
      readonly callsAMinute?: number;
    };
  }
}

export interface SessionLimits {
  readonly idleMs: number;
  readonly maxAgeMs: number;
  readonly maxPerUser: number;
}

/** Tokens end on the day they were made for, used or not, and are not pushed out by logins. */
const HAS_TOKEN = "json_extract(data, '$.token') IS NOT NULL";
const HAS_NO_TOKEN = "json_extract(data, '$.token') IS NULL";
/** A use is stored only if it moves the end by this much. */
const TOUCH_EVERY_MS = 60_000;

interface DatedSession {
  readonly hash: string;
  readonly session: SessionData;
  readonly createdMs: number;
  readonly expiresMs: number;
}

type Callback = (error?: unknown) => void;

/**
 * Sessions in SQLite: small, and found by a hash of their id, so that the file alone opens no session. Calls back
 * before it returns. Calls `onEnd` with the hash of each session that ends.
 */
export class SessionStore extends Store {
  readonly #db: Database;
  readonly #limits: SessionLimits;
  readonly #wallMs: () => number;
  readonly #log: Log;
  #cannotKeep = false;
  onEnd: (sidHash: string) => void = () => undefined;

  constructor(options: { db: Database; limits: SessionLimits; wallMs: () => number; log: Log }) {
    super();
    this.#db = options.db;
    this.#limits = options.limits;
    this.#wallMs = options.wallMs;
    this.#log = options.log;
  }

  override get(sid: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    attempt(callback, () => {
      const data = this.#dataOf(sidHash(sid));
      return data === undefined ? null : parseSession(data);
    });
  }

  /** Opens a session for a program until a time. */
  addToken(hash: string, session: SessionData & { readonly uid: number }, expiresMs: number): void {
    this.#db
      .prepare("INSERT INTO sessions VALUES (?, ?, ?, ?, ?)")
      .run(hash, session.uid, JSON.stringify(session), this.#wallMs(), expiresMs);
  }

  countTokens(uid: number): number {
    const query = `SELECT count(*) AS tokens FROM sessions WHERE uid = ? AND expires_ms > ? AND ${HAS_TOKEN}`;
    return this.#db.prepare<[number, number], { tokens: number }>(query).get(uid, this.#wallMs())?.tokens ?? 0;
  }

  /** The open tokens of a user, the newest first. */
  tokens(uid: number): DatedSession[] {
    return this.#dated(uid, HAS_TOKEN);
  }

  /** The open sessions of a user in browsers, the newest first, with the time of their last use to a minute. */
  browsers(uid: number): (DatedSession & { readonly usedMs: number })[] {
    const { idleMs } = this.#limits;
    return this.#dated(uid, HAS_NO_TOKEN).map((each) => {
      return { ...each, usedMs: Math.max(each.createdMs, each.expiresMs - idleMs) };
    });
  }

  #dated(uid: number, which: string): DatedSession[] {
    const query = `SELECT sid_hash AS hash, data, created_ms AS createdMs, expires_ms AS expiresMs
      FROM sessions WHERE uid = ? AND expires_ms > ? AND ${which} ORDER BY created_ms DESC`;
    type Row = { hash: string; data: string; createdMs: number; expiresMs: number };
    const rows = this.#db.prepare<[number, number], Row>(query).all(uid, this.#wallMs());
    return rows.map(({ data, ...row }) => ({ ...row, session: parseSession(data) }));
  }

  /** Notes that a token was used, at most once a minute. */
  noteUse(hash: string, { token }: SessionData): void {
    const now = this.#wallMs();
    if (token === undefined || now - (token.usedMs ?? 0) < TOUCH_EVERY_MS) return;
    const query = "UPDATE sessions SET data = json_set(data, '$.token.usedMs', ?) WHERE sid_hash = ?";
    try {
      this.#db.prepare(query).run(now, hash);
    } catch (error) {
      if (!this.#cannotKeep) this.#log.event("error", "cannot note the use of a token", { error: String(error) });
      this.#cannotKeep = true;
    }
  }

  /** The open session of a hash. */
  find(hash: string): SessionData | undefined {
    const data = this.#dataOf(hash);
    return data === undefined ? undefined : parseSession(data);
  }

  /** Whether the session is still open. */
  has(hash: string): boolean {
    return this.#dataOf(hash) !== undefined;
  }

  override set(sid: string, session: SessionData, callback: Callback = () => undefined): void {
    attempt(callback, () => {
      const { uid } = session;
      if (uid === undefined) return;
      const { idleMs, maxAgeMs } = this.#limits;
      const now = this.#wallMs();
      const expires = now + Math.min(idleMs, maxAgeMs);
      const row = { hash: sidHash(sid), uid, data: JSON.stringify(session), now, expires };
      this.#db
        .prepare(
          `INSERT INTO sessions VALUES (@hash, @uid, @data, @now, @expires)
           ON CONFLICT (sid_hash) DO UPDATE SET data = @data`,
        )
        .run(row);
      this.#endOldest(uid);
    });
  }

  override destroy(sid: string, callback: Callback = () => undefined): void {
    attempt(callback, () => this.#end([sidHash(sid)]));
  }

  override touch(sid: string, _session: SessionData, callback: Callback = () => undefined): void {
    this.keep(sidHash(sid));
    callback();
  }

  /**
   * Restarts the idle time of a session that is in use. If that cannot be stored (a full disk), the time runs on, and
   * the log says so once.
   */
  keep(hash: string): void {
    const { idleMs, maxAgeMs } = this.#limits;
    const expires = this.#wallMs() + idleMs;
    try {
      const { changes } = this.#db
        .prepare(
          `UPDATE sessions SET expires_ms = min(?, created_ms + ?)
           WHERE sid_hash = ? AND expires_ms < ? AND ${HAS_NO_TOKEN}`,
        )
        .run(expires, maxAgeMs, hash, expires - TOUCH_EVERY_MS);
      if (changes > 0) this.#cannotKeep = false;
    } catch (error) {
      if (!this.#cannotKeep) this.#log.event("error", "cannot keep a session in use", { error: String(error) });
      this.#cannotKeep = true;
    }
  }

  /** The open sessions, by their hashes: of one user, or of all. */
  open(uid?: number): { hash: string; session: SessionData }[] {
    const query = `SELECT sid_hash AS hash, data FROM sessions WHERE expires_ms > @nowMs ${uid === undefined ? "" : "AND uid = @uid"}`;
    const values = uid === undefined ? { nowMs: this.#wallMs() } : { nowMs: this.#wallMs(), uid };
    const rows = this.#db.prepare<unknown[], { hash: string; data: string }>(query).all(values);
    return rows.map(({ hash, data }) => ({ hash, session: parseSession(data) }));
  }

  /** Ends these sessions now. */
  end(hashes: readonly string[]): void {
    this.#end(hashes);
  }

  /** Changes when another process has written to the file (SQLite, "PRAGMA data_version"). */
  get version(): unknown {
    return this.#db.pragma("data_version", { simple: true });
  }

  /** Removes expired sessions. */
  prune(): void {
    const query = "SELECT sid_hash FROM sessions WHERE expires_ms <= ?";
    this.#end(
      this.#db
        .prepare<[number], { sid_hash: string }>(query)
        .all(this.#wallMs())
        .map((row) => row.sid_hash),
    );
  }

  #dataOf(hash: string): string | undefined {
    const query = "SELECT data FROM sessions WHERE sid_hash = ? AND expires_ms > ?";
    return this.#db.prepare<[string, number], { data: string }>(query).get(hash, this.#wallMs())?.data;
  }

  #endOldest(uid: number): void {
    const query = `SELECT sid_hash FROM sessions WHERE uid = ? AND ${HAS_NO_TOKEN}
      ORDER BY created_ms DESC LIMIT -1 OFFSET ?`;
    const rows = this.#db.prepare<[number, number], { sid_hash: string }>(query).all(uid, this.#limits.maxPerUser);
    this.#end(rows.map((row) => row.sid_hash));
  }

  #end(hashes: readonly string[]): void {
    // Dependants first: on a full disk nothing can be deleted.
    for (const hash of hashes) this.onEnd(hash);
    for (const hash of hashes) this.#db.prepare("DELETE FROM sessions WHERE sid_hash = ?").run(hash);
  }
}

function attempt<T>(callback: (error: unknown, result?: T) => void, act: () => T): void {
  let result: T;
  try {
    result = act();
  } catch (error) {
    callback(error);
    return;
  }
  callback(null, result);
}

/** `set` wrote the row from this same type. */
function parseSession(data: string): SessionData {
  return JSON.parse(data) as SessionData;
}
