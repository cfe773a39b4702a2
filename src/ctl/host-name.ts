import { isIP } from "node:net";
import { WIRE_LIMITS } from "../wire/limits.ts";
import { isNodeName } from "../wire/node-name.ts";

const LABEL = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
const ALL_DIGITS = /^[0-9.]+$/;
/** A host name's length at most (HOST_NAME_MAX, gethostname(2)). */
const MAX_LABEL_CHARACTERS = 64;

/** What `parseNodeName` takes, for refusals. */
export const NODE_NAME_RULE =
  "its name has letters, digits, _, - and ., begins and ends with a letter, digit or _, is no address, and has at most " +
  `${MAX_LABEL_CHARACTERS} characters between dots and ${WIRE_LIMITS.maxNodeCharacters} in all`;

/** A node's name: what the kernel takes for a host's name, as far as the collector does. Or undefined. */
export function parseNodeName(text: string): string | undefined {
  if (!isNodeName(text) || ALL_DIGITS.test(text)) return undefined;
  return text.split(".").every((label) => label.length <= MAX_LABEL_CHARACTERS) ? text : undefined;
}

/** A host name (RFC 1123, section 2.1), or undefined. `127.0.0.1` is none. */
export function parseHostName(text: string): string | undefined {
  if (text.length > WIRE_LIMITS.maxNodeCharacters || ALL_DIGITS.test(text)) return undefined;
  return text.split(".").every((label) => LABEL.test(label)) ? text : undefined;
}

/** A host name or an IP address, or undefined. */
export function parseHost(text: string): string | undefined {
  return isIP(text) === 0 ? parseHostName(text) : text;
}
