import type { Config } from "../host/config.ts";
import { createNodeUsers } from "../host/node-users.ts";
import type { RememberingDirectory } from "../host/users.ts";
import type { OwnerOf } from "../store/owner/owner-lookup.ts";

/** Finds the user of a node's uid, and the collector's uid that may read the files. */
export function createOwnerOf(options: {
  readonly nodes: Config["nodes"];
  readonly directory: RememberingDirectory;
  readonly nowMs: () => number;
}): OwnerOf {
  const { directory } = options;
  const userOf = createNodeUsers(options);
  return async (node, uid) => {
    const user = await userOf(node, uid);
    if (user === undefined || typeof user === "string") return user;
    // A remembered answer for the name may be about the user who had it before.
    if (user.uid !== undefined) return { name: user.name, uid: user.uid };
    const known = await directory.byName(user.name);
    return known === "unavailable" ? known : { name: user.name, uid: known?.uid };
  };
}
