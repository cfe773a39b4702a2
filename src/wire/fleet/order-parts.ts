import { asRecord } from "../record.ts";
import { FLEET_LIMITS as MOST } from "./limits.ts";
import { encodeOrder, type Order } from "./order.ts";
import { parseSignedOrder, type SignedOrder, signedBytes } from "./signed-order.ts";

/** `\"NAME\",`: escaped quotes and comma. */
const BYTES_AROUND_NAME = 5;

/**
 * Splits an order that names more nodes than fit into a message. The parts differ only in their nodes; each node gets the part that
 * names it. Throws a `RangeError` if the order is too long even so, or invalid.
 */
export function partsOf<O extends Order>(order: O): readonly O[] {
  const [first = "", ...others] = order.nodes;
  const empty = signedBytes({ order: encodeOrder({ ...order, nodes: [first] }), sig: "" }) - bytesOf(first);
  const room = MOST.maxMessageBytes - MOST.maxSignatureBytes - empty;
  let part = [first];
  const parts = [part];
  let bytes = bytesOf(first);
  for (const node of others) {
    bytes += bytesOf(node);
    if (bytes > room) {
      bytes = bytesOf(node);
      part = [];
      parts.push(part);
    }
    part.push(node);
  }
  if (parts.length > MOST.maxParts)
    throw new RangeError(
      `Cannot send the order to ${order.nodes.length} nodes: it takes ${parts.length} messages of ${MOST.maxMessageBytes} bytes, the limit is ${MOST.maxParts}: name fewer nodes at a time, or send less with it`,
    );
  return parts.map((nodes) => ({ ...order, nodes }));
}

/** Joins parts to the whole order. Undefined if they differ in more than their nodes, repeat a node, or are too many. */
export function wholeOf<O extends Order>(parts: readonly O[]): O | undefined {
  const [first] = parts;
  const nodes = parts.flatMap((part) => part.nodes);
  if (first === undefined || parts.length > MOST.maxParts || nodes.length > MOST.maxNodes) return undefined;
  const rest = (part: O): string => JSON.stringify({ ...part, nodes: [] });
  const isSame = parts.every((part) => rest(part) === rest(first));
  return isSame && new Set(nodes).size === nodes.length ? { ...first, nodes } : undefined;
}

/** Request body of signed parts. */
export function encodeParts(signed: readonly SignedOrder[]): SignedOrder | { readonly orders: readonly SignedOrder[] } {
  const [first, ...others] = signed;
  return first !== undefined && others.length === 0 ? first : { orders: signed };
}

/** Parses such a body. Its signatures are still to be verified. */
export function parseParts(value: unknown): readonly SignedOrder[] | undefined {
  const { order, sig, orders = [{ order, sig }] } = asRecord(value) ?? {};
  if (!Array.isArray(orders) || orders.length === 0 || orders.length > MOST.maxParts) return undefined;
  const signed = orders.flatMap((each: unknown) => parseSignedOrder(JSON.stringify(each)) ?? []);
  return signed.length === orders.length ? signed : undefined;
}

/** Names are ASCII. */
function bytesOf(node: string): number {
  return node.length + BYTES_AROUND_NAME;
}
