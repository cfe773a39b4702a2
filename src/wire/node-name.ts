import { WIRE_LIMITS } from "./limits.ts";

/** Host name grammar of RFC 1123 and `_`: safe as a part of a file name, never `.` or `..`. */
export function isNodeName(name: string): boolean {
  if (name.length > WIRE_LIMITS.maxNodeCharacters || name.includes("..")) return false;
  return /^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?$/.test(name);
}
