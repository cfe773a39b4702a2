import type { UserDirectory } from "../../host/users.ts";
import { type Opened, openOrder, type Trusts } from "../../orders/open-order.ts";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import type { Order, OrderOf } from "../../wire/fleet/order.ts";
import type { Refusal } from "../../wire/fleet/refusal.ts";
import type { Policy } from "../config.ts";
import type { Floor } from "../journal/journal.ts";

type Verdict =
  | { readonly kind: "obey"; readonly uid: number }
  | { readonly kind: "refuse"; readonly why: Refusal }
  /** Undecided for now: the collector resends the order until it expires. */
  | { readonly kind: "wait"; readonly why: "clock" | "directory" };

interface CheckOptions {
  readonly node: string;
  /** SHA-256 of the authority's certificate. */
  readonly fleet: string;
  trusts(): Trusts;
  policy(): Policy;
  /** May remember answers for a while: the order's user is looked up afresh. */
  readonly users: Pick<UserDirectory, "byName" | "isMember">;
  readonly journal: { readonly createdMs: number; readonly highestIssuedMs: number; floor(): Floor };
  nowMs(): number;
}

/** Decides whether this node obeys an order: on arrival, and again before the start, since rights may be withdrawn meanwhile. */
export class Checks {
  readonly #options: CheckOptions;

  constructor(options: CheckOptions) {
    this.#options = options;
  }

  open(message: string): Opened {
    return openOrder(message, { trusts: this.#options.trusts(), nowMs: this.#options.nowMs() });
  }

  /** Checks node, fleet and time, which need no directory. */
  address(order: Order): Refusal | "clock" | undefined {
    const { node, fleet, journal } = this.#options;
    const nowMs = this.#options.nowMs();
    if (order.fleet !== fleet) return "other-fleet";
    if ("nodes" in order && !order.nodes.includes(node)) return "not-for-this-node";
    // A late cancel must still work.
    if (order.kind === "cancel") return undefined;
    // A clock set back would revive expired orders.
    if (nowMs < journal.highestIssuedMs - FLEET_LIMITS.maxSkewMs) return "clock";
    if (order.issued > nowMs + FLEET_LIMITS.maxSkewMs) return "from-the-future";
    if (nowMs > order.expires) return "expired";
    if (order.expires <= journal.floor().expires) return "before-floor";
    return order.issued < journal.createdMs ? "before-journal" : undefined;
  }

  /** Checks the address, then the user and their rights on this node. */
  async judge(order: Order): Promise<Verdict> {
    const { users } = this.#options;
    const { minUid, webUsers, webMaxLifeMs, callUsers } = this.#options.policy();
    const address = this.address(order);
    if (address === "clock") return { kind: "wait", why: "clock" };
    if (address !== undefined) return refuse(address);
    const user = await users.byName(order.user, { isFresh: true });
    if (user === "unavailable") return { kind: "wait", why: "directory" };
    if (user === undefined) return refuse("no-such-user");
    if (user.uid < minUid) return refuse("system-user");
    if (order.via === "web") {
      if (order.expires - order.issued > webMaxLifeMs) return refuse("web-order-lives-too-long");
      if (!(await this.#isListed(order.user, webUsers))) return refuse("web-user-not-allowed");
    }
    if (order.kind === "call" && !(await this.#isListed(order.user, callUsers))) return refuse("calls-not-allowed");
    return { kind: "obey", uid: user.uid };
  }

  /** Why this cancel is refused. Undefined: its user may stop the owner's runs this way. */
  async cancelRefusal({ user, owner, via }: OrderOf<"cancel">): Promise<Refusal | undefined> {
    const { admins, webUsers } = this.#options.policy();
    if (user !== owner && !(await this.#isListed(user, admins))) return "not-the-owner";
    return via === "web" && !(await this.#isListed(user, webUsers)) ? "web-user-not-allowed" : undefined;
  }

  async #isListed(name: string, list: readonly string[]): Promise<boolean> {
    if (list.includes(name) || list.includes("*")) return true;
    const { users } = this.#options;
    const user = await users.byName(name);
    if (user === undefined || user === "unavailable") return false;
    for (const group of list) if (group.startsWith("@") && (await users.isMember(user, group.slice(1)))) return true;
    return false;
  }
}

function refuse(why: Refusal): Verdict {
  return { kind: "refuse", why };
}
