import { WIRE_LIMITS } from "./limits.ts";

/** Longest host name (HOST_NAME_MAX, gethostname(2)); one part of a name may use all of it. */
const MAX_PART_CHARACTERS = 64;

/** The rule of `isNodeName`, for refusals. */
export const NODE_NAME_RULE =
  "its name has letters, digits, _, - and ., begins and ends with a letter, digit or _, is no address, and has at most " +
  `${MAX_PART_CHARACTERS} characters between dots and ${WIRE_LIMITS.maxNodeCharacters} in all`;

/** Whether this is a host name that Linux accepts: safe as a part of a file name, never `.` or `..`. */
export function isNodeName(name: string): boolean {
  if (name.length > WIRE_LIMITS.maxNodeCharacters || name.includes("..") || /^[0-9.]+$/.test(name)) return false;
  if (!/^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?$/.test(name)) return false;
  return name.split(".").every((part) => part.length <= MAX_PART_CHARACTERS);
}

/**
 * A node's name in lower case: names that differ only in case are one node (RFC 4343).
 *
 * @returns undefined if it is not a valid name.
 */
export function nodeNamed(name: string): string | undefined {
  return isNodeName(name) ? name.toLowerCase() : undefined;
}
