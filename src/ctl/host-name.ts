import { isIP } from "node:net";
import { WIRE_LIMITS } from "../wire/limits.ts";
import { isNodeName } from "../wire/node-name.ts";

const LABEL = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
const ALL_DIGITS = /^[0-9.]+$/;
/** A node's name with its case kept, or undefined. */
export function parseNodeName(text: string): string | undefined {
  return isNodeName(text) ? text : undefined;
}

/** A host name (RFC 1123, section 2.1), or undefined. `127.0.0.1` is not one. */
export function parseHostName(text: string): string | undefined {
  if (text.length > WIRE_LIMITS.maxNodeCharacters || ALL_DIGITS.test(text)) return undefined;
  return text.split(".").every((label) => LABEL.test(label)) ? text : undefined;
}

/** A host name or an IP address, or undefined. */
export function parseHost(text: string): string | undefined {
  return isIP(text) === 0 ? parseHostName(text) : text;
}
