import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Request } from "express";
import { asTime } from "../wire/time.ts";
import type { TokenScope, TokenSummary } from "../wire/token.ts";
import type { CodeOwner } from "./login-codes.ts";
import { sessionId, sidHash } from "./session-id.ts";
import type { SessionStore } from "./session-store.ts";

/** The session of a program. */
interface TokenSession {
  readonly owner: CodeOwner;
  readonly hash: string;
  readonly scopes: readonly TokenScope[];
  readonly callsAMinute: number | undefined;
}

const TOKEN_BYTES = 32;

/** The sessions of programs, which show a token instead of a cookie. */
export class SessionTokens {
  readonly #store: SessionStore;

  constructor(store: SessionStore) {
    this.#store = store;
  }

  /**
   * Opens a session for a program of the signed-in user. Returns its token, which exists only here: the file has its
   * hash. The session ends as the user's others do, and at `expiresMs`.
   */
  create(
    request: Request,
    about: { name: string; scopes: readonly TokenScope[]; expiresMs: number; callsAMinute?: number | undefined },
  ): string {
    const { user, uid, stamp = "", isByCode = false } = request.session;
    if (user === undefined || uid === undefined) throw new TypeError("Cannot make a token: nobody is signed in");
    const secret = `mlt_${randomBytes(TOKEN_BYTES).toString("base64url")}`;
    const { name, scopes, expiresMs, callsAMinute } = about;
    const token = { name, scopes, ...(callsAMinute === undefined ? {} : { callsAMinute }) };
    const cookie = { originalMaxAge: null };
    const session = { cookie, user, uid, stamp, isByCode, address: request.ip ?? "", token };
    this.#store.addToken(sidHash(secret), session, expiresMs);
    return secret;
  }

  count(uid: number): number {
    return this.#store.countTokens(uid);
  }

  /** The open tokens of a user, the newest first. */
  list(uid: number): (TokenSummary & { readonly hash: string })[] {
    return this.#store.tokens(uid).flatMap(({ hash, session: { token }, createdMs, expiresMs }) => {
      if (token === undefined) return [];
      const { name, scopes, usedMs } = token;
      const usedAt = usedMs === undefined ? null : asTime(usedMs);
      return [
        { id: sessionId(hash), hash, name, scopes, createdAt: asTime(createdMs), expiresAt: asTime(expiresMs), usedAt },
      ];
    });
  }

  /** The session of the token in a request. `none`: the token is not valid. */
  of({ headers }: Pick<IncomingMessage, "headers">): TokenSession | "none" | undefined {
    const [, token] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "") ?? [];
    if (token === undefined) return undefined;
    const hash = sidHash(token);
    const session = this.#store.find(hash);
    const { user, uid, token: about } = session ?? {};
    // A cookie's id is no token.
    if (user === undefined || uid === undefined || about === undefined) return "none";
    if (session !== undefined) this.#store.noteUse(hash, session);
    return { owner: { user, uid }, hash, scopes: about.scopes, callsAMinute: about.callsAMinute };
  }
}
