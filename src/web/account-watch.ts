import type { Log } from "../host/log.ts";
import type { Authenticator } from "./ports.ts";
import type { OpenSession, Sessions } from "./sessions.ts";

interface AccountWatchOptions {
  readonly sessions: Pick<Sessions, "open" | "end">;
  readonly auth: Pick<Authenticator, "account">;
  readonly log: Log;
  /** Steady. */
  readonly nowMs: () => number;
}

/** How long a locked account may carry on: each round costs a process for every signed-in user. */
const LOOK_EVERY_MS = 180_000;
/** How long an answer is reused: many WebSockets of one user arrive at once when a collector restarts. */
const GOOD_FOR_MS = 5_000;
/** Most answers remembered. */
const MAX_ANSWERS = 10_000;

/**
 * Ends the sessions of accounts that were locked, deleted, given another uid, or have expired, and those that began
 * with a password which has changed since. Sessions continue while the account's state is unknown.
 */
export class AccountWatch {
  readonly #options: AccountWatchOptions;
  readonly #lookedAtMs = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #isLooking = false;

  constructor(options: AccountWatchOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.lookAtAll(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Checks everybody who is signed in, one after another. */
  async lookAtAll(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const users = new Map(this.#options.sessions.open().map(({ user, uid }) => [user, uid]));
      for (const [user, uid] of users) await this.look({ user, uid });
    } catch (error) {
      this.#options.log.event("error", "cannot check accounts", { error: String(error) });
    } finally {
      this.#isLooking = false;
    }
  }

  /** Checks one user; resolves when the sessions that must end have ended. */
  async look({ user, uid }: { readonly user: string; readonly uid: number }): Promise<void> {
    const { sessions, auth, log, nowMs } = this.#options;
    const lookedAtMs = this.#lookedAtMs.get(user);
    if (lookedAtMs !== undefined && nowMs() - lookedAtMs < GOOD_FOR_MS) return;
    if (this.#lookedAtMs.size >= MAX_ANSWERS) this.#lookedAtMs.clear();
    const mine = sessions.open(uid).filter((session) => session.user === user && !session.isByCode);
    if (mine.length === 0) return;
    const account = await auth.account(user);
    if (account === "unavailable") return;
    this.#lookedAtMs.set(user, nowMs());
    const ended = mine.filter((session) => account === "ended" || !fits(session, account));
    if (ended.length === 0) return;
    log.event("notice", "sessions ended: the account or its password has changed", { user, sessions: ended.length });
    sessions.end(ended);
  }
}

/** Whether a session matches its account; an unknown stamp matches any. */
function fits({ uid, stamp }: OpenSession, account: { readonly uid: number; readonly stamp: string }): boolean {
  return uid === account.uid && (stamp === "" || account.stamp === "" || stamp === account.stamp);
}
