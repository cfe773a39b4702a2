import { parseJson } from "../record.ts";
import { utf8Bytes } from "../request-members.ts";
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
  const bytes = signedBytes({ order, sig });
  if (bytes > MOST.maxMessageBytes) throw tooLong(bytes);
  return JSON.stringify({ order, sig });
}

/** Length of the message. */
export function signedBytes({ order, sig }: SignedOrder): number {
  return utf8Bytes(JSON.stringify({ order, sig }));
}

/** Splitting handles long node lists, so the cause is a large command, environment or list of files. */
export function tooLong(bytes: number): RangeError {
  return new RangeError(
    `Cannot send the order: it has ${bytes} bytes, the limit is ${MOST.maxMessageBytes}: send a long script or input as a file, and name it in the command`,
  );
}

/** Parses such a message. Trust nothing in it before its signature is verified. */
export function parseSignedOrder(text: string): SignedOrder | undefined {
  if (text.length > MOST.maxMessageBytes) return undefined;
  const value = parseJson(text);
  return isSigned(value) ? value : undefined;
}
