import type { Duplex } from "node:stream";
import { OVERFLOW_UID } from "../host/config-nodes.ts";
import type { Log } from "../host/log.ts";
import { createSteadyClock } from "../host/steady-clock.ts";
import type { UserDirectory } from "../host/users.ts";
import type { OpenChannel } from "./channel.ts";
import { type AuthAnswer, type AuthRequest, isAskable, parseAuthAnswer } from "./protocol.ts";
import { readLines } from "./read-lines.ts";

export type AuthResult =
  /** `user` is the name that the directory has for the uid which PAM accepted. */
  | { readonly ok: true; readonly user: string; readonly uid: number }
  /** `unavailable`: could not be asked, try again later. */
  | { readonly ok: false; readonly reason: "denied" | "unavailable" };

export interface AuthClient {
  /** @param address where the user is, for PAM. */
  authenticate(user: string, password: string, address?: string): Promise<AuthResult>;
  close(): void;
}

export interface AuthClientOptions {
  readonly open: OpenChannel;
  readonly users: UserDirectory;
  readonly log: Log;
  readonly timeoutMs?: number;
  readonly now?: () => number;
}

/** A wrong password takes PAM up to 3.5 s, and four rounds may be before it in the queue. */
const TIMEOUT_MS = 15_000;
/** Requests without an answer, at one time. */
const MAX_PENDING = 64;
/** Between attempts to reach a process that keeps failing. */
const FIRST_BACK_OFF_MS = 250;
const MAX_BACK_OFF_MS = 30_000;

interface Pending {
  readonly settle: (result: AuthAnswer["result"]) => void;
  readonly timer: NodeJS.Timeout;
}

/** Asks the process that asks PAM; opens a channel when there is none, not more often than the back-off allows. */
export function createAuthClient(options: AuthClientOptions): AuthClient {
  const { open, users, log, timeoutMs = TIMEOUT_MS, now = createSteadyClock() } = options;
  const pending = new Map<number, Pending>();
  let channel: Duplex | undefined;
  let lastId = 0;
  let failures = 0;
  let notBeforeMs = 0;
  let answeredAtMs = 0;

  function reach(): Duplex | undefined {
    if (channel !== undefined) return channel;
    if (now() < notBeforeMs) return undefined;
    const opened = open();
    opened.on("error", (error) =>
      log.event("error", "cannot reach the authentication process", { error: String(error) }),
    );
    opened.on("close", () => lose(opened));
    readLines(opened, (line) => take(opened, line));
    channel = opened;
    return opened;
  }

  function take(from: Duplex, line: string): void {
    const answer = parseAuthAnswer(line);
    if (answer === undefined) {
      from.destroy();
      return;
    }
    failures = 0;
    answeredAtMs = now();
    pending.get(answer.id)?.settle(answer.result);
  }

  function lose(closed: Duplex): void {
    if (channel !== closed) return;
    channel = undefined;
    notBeforeMs = now() + Math.min(MAX_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** failures);
    failures += 1;
    log.event("warning", "the authentication process has gone", { failures });
    for (const { settle } of [...pending.values()]) settle("unavailable");
  }

  function ask({ user, password, address }: Omit<AuthRequest, "id">): Promise<AuthAnswer["result"]> {
    const stream = pending.size < MAX_PENDING ? reach() : undefined;
    if (stream === undefined) return Promise.resolve("unavailable");
    lastId += 1;
    const id = lastId;
    const askedAtMs = now();
    return new Promise((resolve) => {
      const settle = (result: AuthAnswer["result"]) => {
        clearTimeout(timer);
        pending.delete(id);
        resolve(result);
      };
      const timer = setTimeout(() => {
        settle("unavailable");
        // Not one answer in this time: its threads hang. A child is another one next time; a service ends by itself.
        if (answeredAtMs <= askedAtMs) stream.destroy();
      }, timeoutMs);
      pending.set(id, { settle, timer });
      stream.write(`${JSON.stringify({ id, user, password, address } satisfies AuthRequest)}\n`);
    });
  }

  return {
    async authenticate(user, password, address = "") {
      if (!isAskable(user, password)) return { ok: false, reason: "denied" };
      const result = await ask({ user, password, address });
      if (result !== "accepted") return { ok: false, reason: result };
      const named = await users.byName(user);
      const known = named === undefined || named === "unavailable" ? named : await users.byUid(named.uid);
      if (known === undefined || known === "unavailable") {
        const what = known === undefined ? "does not know" : "cannot tell";
        log.event("warning", `PAM accepted a user that the directory ${what}`);
        return { ok: false, reason: "unavailable" };
      }
      // Root has no executions of its own to see, and its password has no business in a browser.
      if (known.uid === 0 || known.uid === OVERFLOW_UID) return { ok: false, reason: "denied" };
      return { ok: true, user: known.name, uid: known.uid };
    },
    close() {
      const closing = channel;
      channel = undefined;
      notBeforeMs = Number.POSITIVE_INFINITY;
      for (const { settle } of [...pending.values()]) settle("unavailable");
      closing?.destroy();
    },
  };
}
