import { parseJson } from "../record.ts";
import { isShape, isText } from "./checks.ts";
import { FLEET_LIMITS as MOST } from "./limits.ts";

/** An order with its signature, as it travels and is kept: never encoded anew. */
export interface SignedOrder {
  /** The signed bytes: `encodeOrder`. */
  readonly order: string;
  /** SSHSIG with its armour. */
  readonly sig: string;
}

/** Namespaces of SSHSIG: a signature for one purpose is worth nothing for another. */
export const NAMESPACE_OF = { ssh: "marcologger-order", web: "marcologger-web" } as const;

const isSigned = isShape({ order: isText(MOST.maxMessageBytes, 1), sig: isText(MOST.maxSignatureBytes, 1) });

/** The message for a node. Throws `RangeError` if it is too long for the broker. */
export function encodeSignedOrder({ order, sig }: SignedOrder): string {
  const text = JSON.stringify({ order, sig });
  if (utf8Bytes(text) > MOST.maxMessageBytes)
    throw new RangeError(
      `Cannot send the order: ${utf8Bytes(text)} bytes, the limit is ${MOST.maxMessageBytes}: name fewer nodes at a time, or send less with it`,
    );
  return text;
}

/** Parses such a message. Trust nothing in it before its signature is verified. */
export function parseSignedOrder(text: string): SignedOrder | undefined {
  if (text.length > MOST.maxMessageBytes) return undefined;
  const value = parseJson(text);
  return isSigned(value) ? value : undefined;
}

function utf8Bytes(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4;
  }
  return bytes;
}
