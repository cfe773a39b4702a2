import { createHash } from "node:crypto";
import { type IncomingMessage, ServerResponse } from "node:http";
import type { Database } from "better-sqlite3";
import type { Request, RequestHandler, Response } from "express";
import session from "express-session";
import type { Log } from "../host/log.ts";
import type { SessionSummary } from "../wire/session-summary.ts";
import { asTime } from "../wire/time.ts";
import { HeldSockets } from "./held-sockets.ts";
import type { CodeOwner } from "./login-codes.ts";
import { sessionId, sidHash } from "./session-id.ts";
import { type SessionLimits, SessionStore } from "./session-store.ts";
import { SessionTokens } from "./session-tokens.ts";

interface SessionOptions {
  readonly db: Database;
  readonly secret: string;
  readonly limits: SessionLimits;
  /** Whether browsers reach us over TLS, ours or a proxy's. */
  readonly secure: boolean;
  /** Our prefix on the proxy; "" at the root of the host. */
  readonly basePath: string;
  readonly wallMs: () => number;
  readonly log: Log;
}

/** The user of a new session. */
export interface SessionOwner {
  readonly user: string;
  readonly uid: number;
  /** Changes with the password; empty if unknown. */
  readonly stamp: string;
  /** True after a login by a one-time code instead of a password. */
  readonly isByCode: boolean;
}

export interface OpenSession extends SessionOwner {
  /** Hash of the session's id. */
  readonly hash: string;
  readonly address: string | undefined;
}

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
  readonly tokens: SessionTokens;
  readonly held: HeldSockets;
  readonly #db: Database;
  readonly #store: SessionStore;
  readonly #log: Log;
  readonly #timers: readonly NodeJS.Timeout[];
  readonly #cookie: { httpOnly: true; sameSite: "strict"; secure: boolean; path: string };

  constructor({ db, secret, limits, secure, basePath, wallMs, log }: SessionOptions) {
    this.#db = db;
    this.#log = log;
    this.#store = new SessionStore({ db, limits, wallMs, log });
    this.tokens = new SessionTokens(this.#store);
    this.held = new HeldSockets(this.#store, log);
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
    this.#timers = [
      setInterval(() => this.#prune(), PRUNE_EVERY_MS),
      setInterval(() => this.held.lookAtFile(), LOOK_AT_FILE_EVERY_MS),
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

  /** The user's sessions in browsers, the newest first. */
  browsers(uid: number, request: Pick<Request, "sessionID">): (SessionSummary & { readonly hash: string })[] {
    const own = sidHash(request.sessionID);
    return this.#store.browsers(uid).map(({ hash, session, createdMs, usedMs }) => {
      const { agent = "", address = "", isByCode = false } = session;
      const times = { createdAt: asTime(createdMs), usedAt: asTime(usedMs) };
      return { id: sessionId(hash), hash, agent, address, isByCode, ...times, isThis: hash === own };
    });
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

  /** The session or token of a request. */
  of(request: Request): { readonly owner: CodeOwner; readonly hash: string } | undefined {
    const token = this.tokens.of(request);
    if (token !== undefined) return token === "none" ? undefined : token;
    const owner = this.ownerOf(request);
    return owner === undefined ? undefined : { owner, hash: sidHash(request.sessionID) };
  }

  /** The session of a request that express does not handle. */
  async ofUpgrade(request: IncomingMessage): Promise<{ owner: CodeOwner; hash: string } | undefined> {
    const parsed = await this.#parse(request);
    const owner = this.ownerOf(parsed);
    return owner === undefined ? undefined : { owner, hash: sidHash(parsed.sessionID) };
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#db.close();
  }

  #prune(): void {
    this.held.keepSessions();
    try {
      this.#store.prune();
    } catch (error) {
      this.#log.event("error", "cannot remove ended sessions", { error: String(error) });
    }
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
