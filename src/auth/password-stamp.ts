import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const STAMP_CHARACTERS = 22;
const SHADOW = "/etc/shadow";

/**
 * Changes with a user's password in /etc/shadow (shadow(5), second field), and when it is locked. A hash of that hash:
 * it opens nothing, and without the salt nobody can test passwords against it. Empty if there is no such entry, or this
 * process may not read it.
 */
export function passwordStamp(user: string): string {
  try {
    const entry = readFileSync(SHADOW, "utf8")
      .split("\n")
      .find((line) => line.startsWith(`${user}:`));
    const [, hash] = entry?.split(":") ?? [];
    if (hash === undefined) return "";
    return createHash("sha256").update(`${user}\0${hash}`).digest("base64url").slice(0, STAMP_CHARACTERS);
  } catch {
    return "";
  }
}
