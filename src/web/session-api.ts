import { Router } from "express";
import type { Audit } from "../host/audit.ts";
import type { Log } from "../host/log.ts";
import type { AskedMore, LoggedIn, Me } from "../wire/api.ts";
import type { LocalAnswer, LocalChallenge } from "../wire/local-login.ts";
import { asRecord } from "../wire/record.ts";
import { badRequest, HttpError, signInFirst } from "./http-error.ts";
import type { LoginCodes } from "./login-codes.ts";
import type { OwnSite } from "./own-site.ts";
import type { Authenticator, LocalLogins, LoginResult, LoginStep } from "./ports.ts";
import type { RefusalDelay } from "./refusal-delay.ts";
import type { SecondSteps } from "./second-steps.ts";
import type { SessionOwner, Sessions } from "./sessions.ts";
import type { LoginThrottle } from "./throttle.ts";
import type { ViewerOf } from "./viewers.ts";
import type { WebMetrics } from "./web-metrics.ts";

interface SessionApiOptions {
  readonly auth: Authenticator;
  readonly codes: LoginCodes;
  readonly localLogins: LocalLogins;
  readonly site: Pick<OwnSite, "audienceOf" | "isLocal">;
  readonly sessions: Sessions;
  readonly throttle: LoginThrottle;
  readonly secondSteps: SecondSteps;
  readonly refusalDelay: RefusalDelay;
  /** Whether this user has signed in from there before. */
  readonly isKnown: (address: string, user: string) => boolean;
  /** Ticket for orders of a user who has signed in with a code; empty: none. */
  readonly ticketFor: (user: string) => Promise<string>;
  readonly hasFleet: boolean;
  readonly viewerOf: ViewerOf;
  readonly log: Log;
  readonly audit: Audit;
  readonly metrics: WebMetrics;
  readonly nowMs: () => number;
}

const MAX_USER_CHARACTERS = 256;
const MAX_PASSWORD_CHARACTERS = 1_024;
/** Sent when PAM cannot check a password at the moment. */
const RETRY_AFTER_SECONDS = 5;
const LOG_THROTTLED_EVERY_MS = 10_000;

type Credentials =
  | { readonly user: string; readonly password: string }
  | { readonly code: string }
  | LocalAnswer
  /** The reply to PAM's further question. */
  | { readonly step: string; readonly reply: string };

/** Result of checking credentials. */
type Outcome = (SessionOwner & { readonly ticket: string }) | LoginStep | "denied" | "unavailable";

/** `POST /api/login`, `POST /api/login/local`, `POST /api/logout`, `GET /api/me`. */
export function createSessionApi(options: SessionApiOptions): Router {
  const { auth, codes, localLogins, site, sessions, throttle, secondSteps, refusalDelay, isKnown, ticketFor } = options;
  const { viewerOf, log, audit, metrics, nowMs } = options;
  const router = Router();

  let throttled = 0;
  let throttledUntilMs = 0;

  /** Logs few lines, however many attempts: a guesser must not fill the log. */
  function logThrottled(address: string): void {
    throttled += 1;
    if (nowMs() < throttledUntilMs) return;
    log.event("warning", "logins throttled", { attempts: throttled, address });
    throttled = 0;
    throttledUntilMs = nowMs() + LOG_THROTTLED_EVERY_MS;
  }

  /** A local login needs an account that could sign in with its password as well. */
  async function checkLocal({ challenge, proof }: LocalAnswer, audience: string | undefined): Promise<Outcome> {
    const owner = audience === undefined ? undefined : localLogins.redeem(challenge, proof, audience);
    if (owner === undefined) return "denied";
    const account = await auth.account(owner.user);
    if (account === "unavailable") return account;
    if (account === "ended" || account.uid !== owner.uid) return "denied";
    // The password checker has not seen this user: it signs nothing for this page.
    return { ...owner, stamp: account.stamp, isByCode: false, ticket: "" };
  }

  async function check(
    credentials: Credentials,
    login: { user: string; address: string; audience: string | undefined },
  ): Promise<Outcome> {
    if ("challenge" in credentials) return checkLocal(credentials, login.audience);
    if ("code" in credentials) {
      const owner = codes.redeem(credentials.code);
      if (owner === undefined) return "denied";
      return { ...owner, stamp: "", isByCode: true, ticket: await ticketFor(owner.user) };
    }
    if ("step" in credentials) {
      const waiting = secondSteps.take(credentials.step, login.address);
      return waiting === undefined ? "denied" : outcomeOf(await waiting.step.reply(credentials.reply));
    }
    const { user, password } = credentials;
    const { address } = login;
    return outcomeOf(await auth.authenticate({ user, password, address, isKnown: isKnown(address, user) }));
  }

  router.post("/login", async (request, response) => {
    const askedAtMs = nowMs();
    const credentials = parseCredentials(request.body);
    const address = request.ip ?? "";
    const waiting = "step" in credentials ? secondSteps.find(credentials.step, address) : undefined;
    const user = "user" in credentials ? credentials.user : (waiting?.user ?? "");
    const by = kindOf(credentials);
    const attempted = { event: "login", user, address, by } as const;
    const attempt = throttle.attempt(address, user, isKnown(address, user));
    if ("retryAfterSeconds" in attempt) {
      metrics.logins("throttled").inc();
      logThrottled(address);
      audit.record({ ...attempted, outcome: "throttled" });
      throw new HttpError({ status: 429, code: "too_many", message: "Too many attempts to sign in", ...attempt });
    }
    const outcome = await check(credentials, { user, address, audience: site.audienceOf(request) });
    if (outcome === "unavailable") {
      attempt.forgive();
      metrics.logins(outcome).inc();
      audit.record({ ...attempted, outcome });
      const message = "Passwords cannot be checked at the moment";
      throw new HttpError({ status: 503, code: outcome, message, retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
    if (outcome === "denied") {
      metrics.logins(outcome).inc();
      log.event("notice", "login denied", { user, address });
      audit.record({ ...attempted, outcome });
      await refusalDelay.wait(askedAtMs);
      throw new HttpError({ status: 401, code: outcome, message: "User or password is wrong" });
    }
    attempt.forgive();
    if ("is" in outcome) {
      const step = secondSteps.add({ step: outcome, user, address });
      if (step === undefined)
        throw new HttpError({ status: 429, code: "too_many", message: "Too many logins are waiting" });
      metrics.logins("asked").inc();
      const { prompt, isEcho } = outcome;
      response.status(401).json({ error: { code: "second_step", message: prompt }, step, isEcho } satisfies AskedMore);
      return;
    }
    const { ticket, ...owner } = outcome;
    await sessions.signIn(request, owner);
    metrics.logins("accepted").inc();
    log.event("info", "login", { user: outcome.user, address });
    audit.record({ ...attempted, outcome: "ok", user: outcome.user });
    // The page keeps the ticket and shows it with each order to sign; no cookie carries it.
    if (ticket !== "") response.json({ ticket } satisfies LoggedIn);
    else response.status(204).end();
  });

  /** Names a file that only this user of this machine may read; see `LocalLogins`. */
  router.post("/login/local", async (request, response) => {
    const user = asRecord(request.body)?.["user"];
    if (!isShort(user)) throw badRequest('Cannot sign in: expected JSON like {"user": "..."}');
    const isPossible = site.isLocal(request.ip) && site.audienceOf(request) !== undefined;
    const path = isPossible ? await localLogins.create(user) : undefined;
    if (path === undefined) {
      audit.record({ event: "login", outcome: "refused", user, address: request.ip, by: "local" });
      throw new HttpError({ status: 403, code: "denied", message: "Not from here, not now, or no such user" });
    }
    response.status(201).json({ path } satisfies LocalChallenge);
  });

  /** `{"everywhere": true}` ends every session of this user, and those of tokens. A token ends its own session. */
  router.post("/logout", async (request, response) => {
    const token = sessions.tokens.of(request);
    if (token !== undefined) {
      if (token !== "none") {
        sessions.end([token]);
        audit.record({ event: "token", outcome: "ended", user: token.owner.user, address: request.ip });
      }
      response.status(204).end();
      return;
    }
    const owner = sessions.ownerOf(request);
    const isEverywhere = asRecord(request.body)?.["everywhere"] === true;
    // Otherwise this user would believe that the other sessions have ended.
    if (owner === undefined && isEverywhere) throw signInFirst();
    if (owner !== undefined && isEverywhere) sessions.end(sessions.open(owner.uid));
    await sessions.signOut(request, response);
    if (owner !== undefined) {
      const { user } = owner;
      log.event("info", "logout", { user, address: request.ip });
      const where = isEverywhere ? { reason: "everywhere" } : {};
      audit.record({ event: "logout", outcome: "ok", user, address: request.ip, ...where });
    }
    response.status(204).end();
  });

  router.get("/me", async (request, response) => {
    const { user, admin } = await viewerOf(request, "anyone");
    response.json({ user, admin, ...(options.hasFleet ? { fleet: true } : {}) } satisfies Me);
  });

  return router;
}

function outcomeOf(result: LoginResult): Outcome {
  if (result.is === "accepted") {
    const { user, uid, stamp, ticket = "" } = result;
    return { user, uid, stamp, ticket, isByCode: false };
  }
  return result.is === "asked" ? result : result.is;
}

function parseCredentials(body: unknown): Credentials {
  const record = asRecord(body);
  const { user, password, code, step, reply, challenge, proof } = record ?? {};
  if (isShort(challenge) && isShort(proof)) return { challenge, proof };
  if (isShort(step) && isShort(reply)) return { step, reply };
  if (isShort(code)) return { code };
  if (typeof user !== "string" || typeof password !== "string") {
    throw badRequest('Cannot sign in: expected JSON like {"user": "...", "password": "..."}');
  }
  if (user.length > MAX_USER_CHARACTERS || password.length > MAX_PASSWORD_CHARACTERS) {
    const limits = `${MAX_USER_CHARACTERS} and ${MAX_PASSWORD_CHARACTERS} characters`;
    throw badRequest(`Cannot sign in: user or password is too long, limits are ${limits}`);
  }
  return { user, password };
}

function kindOf(credentials: Credentials): "password" | "code" | "local" | "second-step" {
  if ("user" in credentials) return "password";
  if ("challenge" in credentials) return "local";
  return "code" in credentials ? "code" : "second-step";
}

function isShort(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_PASSWORD_CHARACTERS;
}
