import { addressGroup } from "../host/address-group.ts";
import type { UserDirectory } from "../host/users.ts";
import { AuthConnection, type AuthConnectionOptions, type Said } from "./auth-connection.ts";
import { FairQueue } from "./fair-queue.ts";
import { mayLogIn } from "./may-log-in.ts";
import { isAskable, isReply } from "./protocol.ts";

export interface Login {
  readonly user: string;
  readonly password: string;
  /** The client's address, for PAM and for a fair queue. */
  readonly address: string;
  /** Whether this user has signed in from there before. */
  readonly isKnown: boolean;
}

type LoginResult =
  /** `user` is the directory's name for the uid; `stamp` changes with the password ("": not known). */
  | {
      readonly is: "accepted";
      readonly user: string;
      readonly uid: number;
      readonly stamp: string;
      /** For `sign`; missing without a signer. */
      readonly ticket?: string;
    }
  /** `unavailable`: PAM could not be asked, try again later. */
  | { readonly is: "denied" | "unavailable" }
  /** PAM asks for more than a password: a code from a second device, for instance. */
  | {
      readonly is: "asked";
      readonly prompt: string;
      readonly isEcho: boolean;
      reply(text: string): Promise<LoginResult>;
      cancel(): void;
    };

/** State of an account. `unavailable`: not known at the moment. */
type AccountState = { readonly uid: number; readonly stamp: string } | "ended" | "unavailable";

type SignOutcome = { readonly sig: string } | { readonly refused: string };

export interface AuthClient {
  authenticate(login: Login): Promise<LoginResult>;
  account(user: string): Promise<AccountState>;
  /** Signs an order of the web for who has this ticket. */
  sign(request: { readonly ticket: string; readonly order: string }): Promise<SignOutcome>;
  /** For the user who has started the collector and signed in with its code; empty: none. */
  ticketFor(user: string): Promise<string>;
  close(): void;
}

export interface AuthClientOptions extends AuthConnectionOptions {
  readonly users: UserDirectory;
}

/** A password costs PAM 70 ms of processor time; running more at a time slows each down. */
const MAX_RUNNING = 4;
/** About half a minute's work at that pace; one address may have a part of it. */
const MAX_WAITING = 512;
const MAX_WAITING_PER_GROUP = 8;
const MAX_WAIT_MS = 30_000;

/** Checks passwords and accounts: waits for a turn, checks that the user may log in at all, then asks PAM. */
export function createAuthClient(options: AuthClientOptions): AuthClient {
  const { users, log } = options;
  const connection = new AuthConnection(options);
  const queue = new FairQueue({
    maxRunning: MAX_RUNNING,
    maxWaiting: MAX_WAITING,
    maxWaitingPerGroup: MAX_WAITING_PER_GROUP,
    maxWaitMs: MAX_WAIT_MS,
  });

  async function accept(said: { uid: number; stamp: string; ticket?: string | undefined }): Promise<LoginResult> {
    const { uid, stamp, ticket } = said;
    const signs = ticket === undefined ? {} : { ticket };
    const known = await users.byUid(uid, { isFresh: true });
    if (known === undefined || known === "unavailable") {
      const what = known === undefined ? "does not know" : "cannot tell";
      log.event("warning", `PAM accepted a user that the directory ${what}`);
      return { is: "unavailable" };
    }
    return mayLogIn(known) ? { is: "accepted", user: known.name, uid, stamp, ...signs } : { is: "denied" };
  }

  async function resultOf(said: Said): Promise<LoginResult> {
    if (said.result === "accepted") return accept(said);
    if (said.result !== "asked") return { is: said.result };
    const { prompt, isEcho } = said;
    const reply = async (text: string): Promise<LoginResult> => {
      if (isReply(text)) return resultOf(await said.reply(text));
      said.cancel();
      return { is: "denied" };
    };
    return { is: "asked", prompt, isEcho, reply, cancel: () => said.cancel() };
  }

  return {
    async authenticate({ user, password, address, isKnown }) {
      if (!isAskable(user, password)) return { is: "denied" };
      const release = await queue.take({ group: addressGroup(address), user, isKnown });
      if (release === undefined) return { is: "unavailable" };
      try {
        // Before PAM, whose timing would reveal whether the password of such a user is right.
        const named = await users.byName(user, { isFresh: true });
        if (named === "unavailable") {
          log.event("warning", "cannot look up who signs in: the user directory does not answer");
          return { is: "unavailable" };
        }
        if (named === undefined || !mayLogIn(named)) return { is: "denied" };
        return await resultOf(await connection.ask({ user: named.name, password, address }));
      } finally {
        release();
      }
    },
    async account(user) {
      const said = await connection.ask({ account: user });
      if (said.result === "accepted") return { uid: said.uid, stamp: said.stamp };
      if (said.result === "asked") said.cancel();
      return said.result === "denied" ? "ended" : "unavailable";
    },
    async sign(request) {
      const said = await connection.askSigner(request);
      return "sig" in said || "refused" in said ? said : { refused: "unavailable" };
    },
    async ticketFor(user) {
      const said = await connection.askSigner({ ticketFor: user });
      return "ticket" in said ? said.ticket : "";
    },
    close: () => connection.close(),
  };
}
