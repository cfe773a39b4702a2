import { openSshsig } from "../orders/sshsig.ts";
import { FLEET_LIMITS } from "../wire/fleet/limits.ts";
import { type Order, type OrderOf, parseOrder } from "../wire/fleet/order.ts";
import { parseParts, wholeOf } from "../wire/fleet/order-parts.ts";
import { NAMESPACE_OF, parseSignedOrder, type SignedOrder } from "../wire/fleet/signed-order.ts";
import type { Viewer } from "../wire/viewer.ts";
import { badRequest, HttpError } from "./http-error.ts";
import type { Fleet } from "./ports.ts";

/** Kinds of orders that the API takes. */
export type Taken = "run" | "check" | "cancel" | "ask" | "call";

/** Most names in a refusal. */
const MAX_NAMED = 5;

interface ReadOrder<K extends Taken> {
  readonly order: OrderOf<K>;
  readonly signed: SignedOrder;
}

/** A signed order of this kind from a request's body. Throws a 400 that names the fault. */
export function readOrder<K extends Taken>(body: unknown, kind: K): ReadOrder<K> {
  return opened(parseSignedOrder(JSON.stringify(body)), kind);
}

/** The parts of a signed order of this kind, and the whole order. Throws a 400 that names the fault. */
export function readOrders<K extends Taken>(
  body: unknown,
  kind: K,
): { readonly order: OrderOf<K>; readonly parts: readonly [ReadOrder<K>, ...ReadOrder<K>[]] } {
  const [first, ...others] = (parseParts(body) ?? []).map((signed) => opened(signed, kind));
  // Throws the 400.
  const parts = [first ?? opened(undefined, kind), ...others] as const;
  const order = wholeOf(parts.map((part) => part.order));
  const keys = new Set(parts.map(({ signed }) => openSshsig(signed.sig)?.publicKey.toString("base64")));
  if (order === undefined || keys.size > 1)
    throw badRequest(
      "The orders do not belong together: expected the same in all but their nodes, each node once, and one key for all",
    );
  return { order, parts };
}

function opened<K extends Taken>(signed: SignedOrder | undefined, kind: K): ReadOrder<K> {
  const order = signed === undefined ? undefined : parseOrder(signed.order);
  if (signed === undefined || order === undefined)
    throw badRequest(
      `Cannot read the order: expected {"order": ..., "sig": ...}, the order in its one spelling, ${FLEET_LIMITS.maxMessageBytes} bytes at most; of a run and its cancel also {"orders": [...]} with ${FLEET_LIMITS.maxParts} of these`,
    );
  if (!isKind(order, kind)) throw badRequest(`Expected an order of kind ${kind}, got ${order.kind}`);
  return { order, signed };
}

/** Checks that help a user to notice a mistake. Each node decides by itself whether it obeys an order. */
export function checkOrder(
  order: OrderOf<Taken>,
  of: {
    readonly signed: SignedOrder;
    /** Undefined for a joined collector, which passes on orders that its users have signed. */
    readonly viewer: Viewer | undefined;
    readonly fleet: Pick<Fleet, "id" | "isKnown">;
    readonly nowMs: number;
  },
): void {
  const { signed, viewer, fleet, nowMs } = of;
  if (viewer !== undefined && order.user !== viewer.user) throw notYours(order.user, viewer.user);
  const signature = openSshsig(signed.sig);
  if (signature?.namespace !== NAMESPACE_OF[order.via] || !signature.verify(Buffer.from(signed.order)))
    throw badRequest("The signature does not fit the order: sign its bytes with ssh-keygen -Y sign");
  if (order.fleet !== fleet.id)
    throw badRequest("The order is for another fleet: its authority has another certificate than this collector's");
  if (order.expires <= nowMs) throw badRequest("The order has expired: is this machine's clock right?");
  if (order.issued > nowMs + FLEET_LIMITS.maxSkewMs)
    throw badRequest("The order is from the future: is the clock of the machine right that signed it?");
  const unknown = order.nodes.filter((node) => !fleet.isKnown(node));
  if (unknown.length > 0) throw badRequest(`No node of the fleet: ${named(unknown)}`);
}

/** Checks all parts of an order. Returns them signed. */
export function checkParts(
  parts: readonly { readonly order: OrderOf<Taken>; readonly signed: SignedOrder }[],
  of: Omit<Parameters<typeof checkOrder>[1], "signed">,
): readonly SignedOrder[] {
  for (const { order, signed } of parts) checkOrder(order, { ...of, signed });
  return parts.map(({ signed }) => signed);
}

export function notYours(orderUser: string, user: string): HttpError {
  const message = `The order is for ${orderUser}, and you are signed in as ${user}`;
  return new HttpError({ status: 403, code: "forbidden", message });
}

function isKind<K extends Taken>(order: Order, kind: K): order is OrderOf<K> {
  return order.kind === kind;
}

function named(nodes: readonly string[]): string {
  const more = nodes.length - MAX_NAMED;
  return `${nodes.slice(0, MAX_NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
