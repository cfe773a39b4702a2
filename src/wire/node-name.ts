import { WIRE_LIMITS } from "./limits.ts";

/** What a name may be, for messages. */
export const NODE_NAME_RULE = `1 to ${WIRE_LIMITS.maxNodeCharacters} letters, digits, "_", "-" and ".", the first and last no "-" or "."`;

/** Host name grammar of RFC 1123 and `_`: safe as a part of a file name, never `.` or `..`. */
export function isNodeName(name: string): boolean {
  if (name.length > WIRE_LIMITS.maxNodeCharacters || name.includes("..")) return false;
  return /^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?$/.test(name);
}

/**
 * The name of a node in lower case: names that differ in case only are one node (RFC 4343).
 *
 * @returns undefined when it is no such name.
 */
export function nodeNamed(name: string): string | undefined {
  return isNodeName(name) ? name.toLowerCase() : undefined;
}
