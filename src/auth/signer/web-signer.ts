import { createHash, type KeyObject, randomBytes } from "node:crypto";
import type { Log } from "../../host/log.ts";
import { signSshsig } from "../../orders/sshsig.ts";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import { parseOrder } from "../../wire/fleet/order.ts";
import { NAMESPACE_OF } from "../../wire/fleet/signed-order.ts";

interface WebSignerOptions {
  readonly key: KeyObject;
  readonly log: Log;
  /** The time of day: orders carry it. */
  readonly wallMs: () => number;
}

export interface SignRequest {
  readonly ticket: string;
  /** The text to sign. */
  readonly order: string;
}

type SignResult = { readonly sig: string } | { readonly refused: SignRefusal };

type SignRefusal = "ticket" | "order" | "user" | "life" | "clock" | "rate" | "account";

interface Ticket {
  readonly user: string;
  readonly uid: number;
  readonly untilMs: number;
  /** Of a login that PAM has not seen. */
  readonly isByCode: boolean;
}

const TICKET_BYTES = 32;
/** A working day; after it the user signs in again. */
const TICKET_LIFE_MS = 12 * 3_600_000;
const MAX_TICKETS = 20_000;
const MAX_LIFE_MS = 3_600_000;
const MAX_A_MINUTE = 60;
const MINUTE_MS = 60_000;

/**
 * Signs orders for people whose password this process has checked, and who show the ticket that they got for it.
 *
 * An attacker who controls the web process can act for everyone who signs in meanwhile. So nodes obey this key only for users whom their
 * `agent.toml` lists, its orders expire within an hour, and this process logs each signature.
 */
export class WebSigner {
  readonly #options: WebSignerOptions;
  /** By the ticket's hash, oldest first. */
  readonly #tickets = new Map<string, Ticket>();
  /** Signatures of each user this minute. */
  readonly #signed = new Map<string, number>();
  #minute = 0;

  constructor(options: WebSignerOptions) {
    this.#options = options;
  }

  /** For the browser of a user who has just signed in. */
  ticketFor({ user, uid, isByCode }: Pick<Ticket, "user" | "uid" | "isByCode">): string {
    const ticket = randomBytes(TICKET_BYTES).toString("base64url");
    const [oldest] = this.#tickets.keys();
    if (this.#tickets.size >= MAX_TICKETS && oldest !== undefined) this.#tickets.delete(oldest);
    const untilMs = this.#options.wallMs() + TICKET_LIFE_MS;
    this.#tickets.set(hashOf(ticket), { user, uid, isByCode, untilMs });
    return ticket;
  }

  /** @param uidOf the uid of a user who may log in now; undefined: there is none. */
  async sign(
    { ticket: shown, order: text }: SignRequest,
    uidOf: (user: string) => Promise<number | undefined>,
  ): Promise<SignResult> {
    const { key, log, wallMs } = this.#options;
    const ticket = this.#tickets.get(hashOf(shown));
    const nowMs = wallMs();
    if (ticket === undefined || nowMs >= ticket.untilMs) return { refused: "ticket" };
    const refuse = (refused: SignRefusal): SignResult => {
      log.event("warning", "order not signed for the web", { user: ticket.user, why: refused });
      return { refused };
    };
    const order = parseOrder(text);
    if (order === undefined || order.via !== "web" || !["run", "check", "cancel"].includes(order.kind))
      return refuse("order");
    if (order.user !== ticket.user) return refuse("user");
    if (order.expires - order.issued > MAX_LIFE_MS) return refuse("life");
    if (Math.abs(order.issued - nowMs) > FLEET_LIMITS.maxSkewMs) return refuse("clock");
    if (!this.#isWithinRate(ticket.user, nowMs)) return refuse("rate");
    if (!ticket.isByCode && (await uidOf(ticket.user)) !== ticket.uid) {
      this.#tickets.delete(hashOf(shown));
      return refuse("account");
    }
    const { kind, run, user } = order;
    const nodes = "nodes" in order ? order.nodes.length : 0;
    const command = "argv" in order ? order.argv[0] : undefined;
    log.event("notice", "order signed for the web", { user, kind, run, nodes, command });
    return { sig: signSshsig(Buffer.from(text), { namespace: NAMESPACE_OF.web, key }) };
  }

  #isWithinRate(user: string, nowMs: number): boolean {
    const minute = Math.floor(nowMs / MINUTE_MS);
    if (minute !== this.#minute) this.#signed.clear();
    this.#minute = minute;
    const count = (this.#signed.get(user) ?? 0) + 1;
    this.#signed.set(user, count);
    return count <= MAX_A_MINUTE;
  }
}

/** A dump of this process holds nothing that signs. */
function hashOf(ticket: string): string {
  return createHash("sha256").update(ticket).digest("base64url");
}
