import { OVERFLOW_UID } from "../host/config-nodes.ts";
import type { User } from "../host/users.ts";

/** Root has no executions to see, and its password does not belong in a browser. */
export function mayLogIn({ uid }: Pick<User, "uid">): boolean {
  return uid !== 0 && uid !== OVERFLOW_UID;
}
