import { type Request, Router } from "express";
import type { Audit } from "../host/audit.ts";
import type { Log } from "../host/log.ts";
import type { Me } from "../wire/api.ts";
import { asRecord } from "../wire/record.ts";
import { badRequest, HttpError } from "./http-error.ts";
import type { CodeOwner, LoginCodes } from "./login-codes.ts";
import type { Authenticator, Viewer } from "./ports.ts";
import type { Sessions } from "./sessions.ts";
import type { LoginThrottle } from "./throttle.ts";
import type { WebMetrics } from "./web-metrics.ts";

export interface SessionApiOptions {
  readonly auth: Authenticator;
  readonly codes: LoginCodes;
  readonly sessions: Sessions;
  readonly throttle: LoginThrottle;
  readonly viewerOf: (request: Request) => Promise<Viewer>;
  readonly log: Log;
  readonly audit: Audit;
  readonly metrics: WebMetrics;
  readonly now: () => number;
}

const MAX_USER_CHARACTERS = 256;
const MAX_PASSWORD_CHARACTERS = 1_024;
/** When nobody can check a password at the moment. */
const RETRY_AFTER_SECONDS = 5;
const LOG_THROTTLED_EVERY_MS = 10_000;

type Credentials = { readonly user: string; readonly password: string } | { readonly code: string };

/** `POST /api/login`, `POST /api/logout`, `GET /api/me`. */
export function createSessionApi(options: SessionApiOptions): Router {
  const { auth, codes, sessions, throttle, viewerOf, log, audit, metrics, now } = options;
  const router = Router();

  let throttled = 0;
  let throttledUntilMs = 0;

  /** Few lines, however many attempts: a guesser must not fill the log. */
  function logThrottled(address: string): void {
    throttled += 1;
    if (now() < throttledUntilMs) return;
    log.event("warning", "logins throttled", { attempts: throttled, address });
    throttled = 0;
    throttledUntilMs = now() + LOG_THROTTLED_EVERY_MS;
  }

  async function check(credentials: Credentials, address: string): Promise<CodeOwner | "denied" | "unavailable"> {
    if ("code" in credentials) return codes.redeem(credentials.code) ?? "denied";
    const result = await auth.authenticate(credentials.user, credentials.password, address);
    return result.ok ? { user: result.user, uid: result.uid } : result.reason;
  }

  router.post("/login", async (request, response) => {
    const credentials = parseCredentials(request.body);
    const user = "user" in credentials ? credentials.user : "";
    const address = request.ip ?? "";
    const told = { event: "login", user, address, by: "user" in credentials ? "password" : "code" } as const;
    const attempt = throttle.attempt(address, user);
    if ("retryAfterSeconds" in attempt) {
      metrics.logins("throttled").inc();
      logThrottled(address);
      audit.record({ ...told, outcome: "throttled" });
      throw new HttpError({ status: 429, code: "too_many", message: "Too many attempts to sign in", ...attempt });
    }
    const owner = await check(credentials, address);
    if (owner === "unavailable") {
      attempt.forgive();
      metrics.logins(owner).inc();
      audit.record({ ...told, outcome: owner });
      const message = "Passwords cannot be checked at the moment";
      throw new HttpError({ status: 503, code: owner, message, retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
    if (owner === "denied") {
      metrics.logins(owner).inc();
      log.event("notice", "login denied", { user, address });
      audit.record({ ...told, outcome: owner });
      throw new HttpError({ status: 401, code: owner, message: "User or password is wrong" });
    }
    attempt.forgive();
    await sessions.signIn(request, owner);
    metrics.logins("accepted").inc();
    log.event("info", "login", { user: owner.user, address });
    audit.record({ ...told, outcome: "ok", user: owner.user });
    response.status(204).end();
  });

  router.post("/logout", async (request, response) => {
    const owner = sessions.ownerOf(request);
    await sessions.signOut(request, response);
    if (owner !== undefined) {
      log.event("info", "logout", { user: owner.user, address: request.ip });
      audit.record({ event: "logout", outcome: "ok", user: owner.user, address: request.ip });
    }
    response.status(204).end();
  });

  router.get("/me", async (request, response) => {
    const { user, admin } = await viewerOf(request);
    response.json({ user, admin } satisfies Me);
  });

  return router;
}

function parseCredentials(body: unknown): Credentials {
  const record = asRecord(body);
  const { user, password, code } = record ?? {};
  if (typeof code === "string" && code.length <= MAX_PASSWORD_CHARACTERS) return { code };
  if (typeof user !== "string" || typeof password !== "string") {
    throw badRequest('Cannot sign in: expected JSON like {"user": "...", "password": "..."}');
  }
  if (user.length > MAX_USER_CHARACTERS || password.length > MAX_PASSWORD_CHARACTERS) {
    const limits = `${MAX_USER_CHARACTERS} and ${MAX_PASSWORD_CHARACTERS} characters`;
    throw badRequest(`Cannot sign in: user or password is too long, limits are ${limits}`);
  }
  return { user, password };
}
