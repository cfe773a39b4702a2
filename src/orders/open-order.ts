import { createHash } from "node:crypto";
import { FLEET_LIMITS } from "../wire/fleet/limits.ts";
import { ORDER_VERSION, type Order, parseOrder, parseOrderHead } from "../wire/fleet/order.ts";
import type { Refusal } from "../wire/fleet/refusal.ts";
import { NAMESPACE_OF, parseSignedOrder, type SignedOrder } from "../wire/fleet/signed-order.ts";
import { openSshsig } from "./sshsig.ts";
import type { Trust, TrustedKey } from "./trust.ts";

/** Keys by the way that an order took: each way has its own file and namespace. */
export type Trusts = Readonly<Record<Order["via"], Trust>>;

export type Opened =
  | { readonly kind: "order"; readonly order: Order; readonly signed: SignedOrder; readonly digest: string }
  /** Includes the order if a trusted key signed it. */
  | { readonly kind: "refused"; readonly why: Refusal; readonly order?: Order };

/**
 * Opens an order's message: checks its length, key, signature and form, in this sequence, so that messages without a
 * trusted signature cost nearly nothing and never reach the parser of orders.
 */
export function openOrder(
  message: string,
  { trusts, nowMs }: { readonly trusts: Trusts; readonly nowMs: number },
): Opened {
  if (Buffer.byteLength(message) > FLEET_LIMITS.maxMessageBytes) return untrusted("too-long");
  const signed = parseSignedOrder(message);
  const signature = signed === undefined ? undefined : openSshsig(signed.sig);
  if (signed === undefined || signature === undefined) return untrusted("malformed-message");
  const blob = signature.publicKey.toString("base64");
  const ways = (["ssh", "web"] as const).filter((via) => trusts[via].has(blob));
  const via = ways.find((way) => NAMESPACE_OF[way] === signature.namespace) ?? ways[0];
  if (via === undefined) return untrusted("key-not-trusted");
  if (signature.namespace !== NAMESPACE_OF[via]) return untrusted("other-namespace");
  const bytes = Buffer.from(signed.order);
  if (!signature.verify(bytes)) return untrusted("signature-wrong");
  const order = parseOrder(signed.order);
  if (order === undefined)
    return { kind: "refused", why: isOfThisVersion(signed.order) ? "malformed-order" : "other-version" };
  const keys = trusts[via].get(blob) ?? [];
  const why =
    order.via === via ? distrust(keys, { user: order.user, namespace: signature.namespace, nowMs }) : "other-way";
  if (why !== undefined) return { kind: "refused", why, order };
  return { kind: "order", order, signed, digest: createHash("sha256").update(bytes).digest("hex") };
}

function isOfThisVersion(order: string): boolean {
  return (parseOrderHead(order)?.v ?? ORDER_VERSION) === ORDER_VERSION;
}

function untrusted(why: Refusal): Opened {
  return { kind: "refused", why };
}

function distrust(
  keys: readonly TrustedKey[],
  { user, namespace, nowMs }: { readonly user: string; readonly namespace: string; readonly nowMs: number },
): Refusal | undefined {
  const own = keys.filter(({ users }) => users?.includes(user) ?? true);
  if (own.length === 0) return "key-not-of-this-user";
  const fit = own.filter(({ namespaces }) => namespaces?.includes(namespace) ?? true);
  if (fit.length === 0) return "key-not-for-this";
  return fit.some((key) => nowMs >= key.validFromMs && nowMs < key.validUntilMs) ? undefined : "key-expired";
}
