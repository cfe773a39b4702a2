import { createHash, randomBytes } from "node:crypto";
import { type IncomingMessage, ServerResponse } from "node:http";
import type { Database } from "better-sqlite3";
import type { Request, RequestHandler, Response } from "express";
import session from "express-session";
import type { Log } from "../host/log.ts";
import type { SessionSummary } from "../wire/session-summary.ts";
import { asTime } from "../wire/time.ts";
import type { TokenScope, TokenSummary } from "../wire/token.ts";
import type { CodeOwner } from "./login-codes.ts";
import { type SessionLimits, SessionStore, sidHash } from "./session-store.ts";

export interface SessionOptions {
  readonly db: Database;
  readonly secret: string;
  readonly limits: SessionLimits;
  /** Browsers reach us over TLS, ours or a proxy's. */
  readonly secure: boolean;
  /** Our prefix on the proxy; "" at the root of the host. */
  readonly basePath: string;
  readonly wallMs: () => number;
  readonly log: Log;
}

/** Something that ends with its session. */
export interface Held {
  endSession(): void;
  readonly closed: Promise<void>;
}

/** The user of a new session. */
export interface SessionOwner {
  readonly user: string;
  readonly uid: number;
  /** Changes with the password; empty if unknown. */
  readonly stamp: string;
  /** Signed in by a one-time code instead of a password. */
  readonly isByCode: boolean;
}

/** The session of a program. */
export interface TokenSession {
  readonly owner: CodeOwner;
  readonly hash: string;
  readonly scopes: readonly TokenScope[];
}

export interface OpenSession extends SessionOwner {
  /** Hash of the session's id. */
  readonly hash: string;
  readonly address: string | undefined;
}

const TOKEN_BYTES = 32;
const ID_CHARACTERS = 12;
/** Enough to tell browsers apart. */
const MAX_AGENT_CHARACTERS = 256;
const PRUNE_EVERY_MS = 60_000;
/** `mlctl sessions end` writes to the same file. */
const LOOK_AT_FILE_EVERY_MS = 1_000;

/** The signed-in users, by cookie. Owns the session database. */
export class Sessions {
  readonly cookieName: string;
  /** Puts the session on a request. Stores nothing, and sends no cookie, before a login. */
  readonly middleware: RequestHandler;
  readonly #db: Database;
  readonly #store: SessionStore;
  readonly #log: Log;
  readonly #held = new Map<string, Set<Held>>();
  readonly #timers: readonly NodeJS.Timeout[];
  #fileVersion: unknown;
  readonly #cookie: { httpOnly: true; sameSite: "strict"; secure: boolean; path: string };

  constructor({ db, secret, limits, secure, basePath, wallMs, log }: SessionOptions) {
    this.#db = db;
    this.#log = log;
    this.#store = new SessionStore({ db, limits, wallMs, log });
    this.#store.onEnd = (hash) => this.#endHeld(hash);
    // Cookies ignore ports: two collectors on one host must not accept each other's.
    const tag = createHash("sha256").update(`cookie name of ${secret}`).digest("hex").slice(0, 8);
    // Under a path of a shared host, the cookie is not sent to others there. Only "/" may be __Host-.
    const prefix = basePath === "" ? "__Host-" : "__Secure-";
    this.cookieName = `${secure ? prefix : ""}ml-${tag}`;
    this.#cookie = { httpOnly: true, sameSite: "strict", secure, path: basePath === "" ? "/" : basePath };
    this.middleware = session({
      name: this.cookieName,
      secret,
      store: this.#store,
      resave: false,
      saveUninitialized: false,
      cookie: { ...this.#cookie, maxAge: limits.maxAgeMs },
    });
    this.#fileVersion = this.#store.version;
    this.#timers = [
      setInterval(() => this.#prune(), PRUNE_EVERY_MS),
      setInterval(() => this.#lookAtFile(), LOOK_AT_FILE_EVERY_MS),
    ];
  }

  /** Begins a session under a new id, so that an id known before the login is worthless after it. */
  signIn(request: Request, { user, uid, stamp, isByCode }: SessionOwner): Promise<void> {
    return new Promise((resolve, reject) => {
      request.session.regenerate((error: unknown) => {
        if (error) return reject(error);
        const agent = request.get("user-agent")?.slice(0, MAX_AGENT_CHARACTERS);
        Object.assign(request.session, { user, uid, stamp, isByCode, address: request.ip, agent });
        request.session.save((problem: unknown) => (problem ? reject(problem) : resolve()));
      });
    });
  }

  signOut(request: Request, response: Response): Promise<void> {
    response.clearCookie(this.cookieName, this.#cookie);
    return new Promise((resolve, reject) => {
      request.session.destroy((error: unknown) => (error ? reject(error) : resolve()));
    });
  }

  /**
   * Opens a session for a program of the signed-in user. Returns its token, which exists only here: the file has its
   * hash. The session ends as the user's others do, and at `expiresMs`.
   */
  createToken(request: Request, about: { name: string; scopes: readonly TokenScope[]; expiresMs: number }): string {
    const { user, uid, stamp = "", isByCode = false } = request.session;
    if (user === undefined || uid === undefined) throw new TypeError("Cannot make a token: nobody is signed in");
    const token = `mlt_${randomBytes(TOKEN_BYTES).toString("base64url")}`;
    const { name, scopes, expiresMs } = about;
    const cookie = { originalMaxAge: null };
    const session = { cookie, user, uid, stamp, isByCode, address: request.ip ?? "", token: { name, scopes } };
    this.#store.addToken(sidHash(token), session, expiresMs);
    return token;
  }

  countTokens(uid: number): number {
    return this.#store.countTokens(uid);
  }

  /** The open tokens of a user, the newest first. */
  tokens(uid: number): (TokenSummary & { readonly hash: string })[] {
    return this.#store.tokens(uid).flatMap(({ hash, session: { token }, createdMs, expiresMs }) => {
      if (token === undefined) return [];
      const { name, scopes, usedMs } = token;
      const usedAt = usedMs === undefined ? null : asTime(usedMs);
      return [
        { id: idOf(hash), hash, name, scopes, createdAt: asTime(createdMs), expiresAt: asTime(expiresMs), usedAt },
      ];
    });
  }

  /** The user's sessions in browsers, the newest first. */
  browsers(uid: number, request: Pick<Request, "sessionID">): (SessionSummary & { readonly hash: string })[] {
    const own = sidHash(request.sessionID);
    return this.#store.browsers(uid).map(({ hash, session, createdMs, usedMs }) => {
      const { agent = "", address = "", isByCode = false } = session;
      const times = { createdAt: asTime(createdMs), usedAt: asTime(usedMs) };
      return { id: idOf(hash), hash, agent, address, isByCode, ...times, isThis: hash === own };
    });
  }

  /** The session of the token that a request shows. `none`: it shows one that is not valid. */
  ofToken({ headers }: Pick<IncomingMessage, "headers">): TokenSession | "none" | undefined {
    const [, token] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "") ?? [];
    if (token === undefined) return undefined;
    const hash = sidHash(token);
    const session = this.#store.find(hash);
    const { user, uid, token: about } = session ?? {};
    // A cookie's id is no token.
    if (user === undefined || uid === undefined || about === undefined) return "none";
    if (session !== undefined) this.#store.noteUse(hash, session);
    return { owner: { user, uid }, hash, scopes: about.scopes };
  }

  /** The sessions of one user, or of everybody who is signed in. */
  open(uid?: number): OpenSession[] {
    return this.#store
      .open(uid)
      .flatMap(({ hash, session: { user, uid: ofUid, stamp = "", isByCode = false, address } }) => {
        return user === undefined || ofUid === undefined ? [] : [{ hash, user, uid: ofUid, stamp, isByCode, address }];
      });
  }

  isOpen(hash: string): boolean {
    return this.#store.has(hash);
  }

  /** Ends these sessions and the WebSockets that depend on them. */
  end(sessions: readonly Pick<OpenSession, "hash">[]): void {
    this.#store.end(sessions.map(({ hash }) => hash));
  }

  ownerOf(request: Pick<Request, "session">): CodeOwner | undefined {
    const { user, uid } = request.session;
    return user === undefined || uid === undefined ? undefined : { user, uid };
  }

  /** The session of a request that express does not handle. */
  async ofUpgrade(request: IncomingMessage): Promise<{ owner: CodeOwner; hash: string } | undefined> {
    const parsed = await this.#parse(request);
    const owner = this.ownerOf(parsed);
    return owner === undefined ? undefined : { owner, hash: sidHash(parsed.sessionID) };
  }

  /** Ends `held` with its session; keeps the session in use while `held` is open. */
  hold(hash: string, held: Held): void {
    // It may have ended while the socket was opening.
    if (!this.#store.has(hash)) {
      held.endSession();
      return;
    }
    const others = this.#held.get(hash) ?? new Set();
    this.#held.set(hash, others.add(held));
    void held.closed.then(() => {
      others.delete(held);
      if (others.size === 0 && this.#held.get(hash) === others) this.#held.delete(hash);
    });
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#db.close();
  }

  #prune(): void {
    for (const hash of this.#held.keys()) this.#store.keep(hash);
    try {
      this.#store.prune();
    } catch (error) {
      this.#log.event("error", "cannot remove ended sessions", { error: String(error) });
    }
  }

  #lookAtFile(): void {
    try {
      const { version } = this.#store;
      if (version === this.#fileVersion) return;
      this.#fileVersion = version;
      for (const hash of [...this.#held.keys()]) if (!this.#store.has(hash)) this.#endHeld(hash);
    } catch (error) {
      this.#log.event("error", "cannot check sessions", { error: String(error) });
    }
  }

  #endHeld(hash: string): void {
    for (const held of this.#held.get(hash) ?? []) held.endSession();
  }

  #parse(request: IncomingMessage): Promise<Request> {
    return new Promise((resolve, reject) => {
      // The middleware adds the session to the request itself; on the response it only prepares the headers.
      const extended = request as Request;
      this.middleware(extended, new ServerResponse(request) as Response, (error: unknown) => {
        if (error) reject(error);
        else resolve(extended);
      });
    });
  }
}

/** A part of the hash names a session; neither its id nor a token can be found from it. */
function idOf(hash: string): string {
  return Buffer.from(hash, "base64url").toString("hex").slice(0, ID_CHARACTERS);
}
