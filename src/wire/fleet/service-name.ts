import { isUnixName } from "../unix-name.ts";
import { isMatch } from "./checks.ts";
import { FLEET_LIMITS as MOST } from "./limits.ts";

/** Parts without dots: none is `..`, hidden, or what an editor or a package leaves beside a file. */
const PROGRAM = /^(?=.{1,128}$)[a-z0-9][a-z0-9-]*(?:\/[a-z0-9][a-z0-9-]*)*$/;

/** `tools/convert`: what a node's administrator names by a file, and what users publish a command as. */
export const isProgramName = isMatch(PROGRAM);

/** What nodes offer and calls name: the name of a program, or of a command, `USER/NAME`, whatever users are called. */
export function isServiceName(value: unknown): value is string {
  if (typeof value !== "string" || value.length > MOST.maxServiceCharacters) return false;
  const [user, name] = userAndName(value);
  return isProgramName(value) || (isUnixName(user) && isProgramName(name));
}

/** Whose command it would be, and what they call it: no user's name has a slash. */
export function userAndName(service: string): readonly [user: string, name: string] {
  const slash = service.indexOf("/");
  return [service.slice(0, Math.max(0, slash)), service.slice(slash + 1)];
}
