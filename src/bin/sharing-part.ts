import type { Part } from "../host/lifecycle.ts";
import type { UserDirectory } from "../host/users.ts";
import type { Live } from "../live/live.ts";
import type { Grants } from "../sharing/grants.ts";
import type { ShareDirectory } from "../sharing/ports.ts";
import type { Sharing } from "../sharing/sharing.ts";
import type { Store } from "../store/store.ts";

/** Closes the book of shares after the web server, which reads it. */
export function sharingPart(sharing: Sharing): Part {
  return {
    name: "sharing",
    start: async () => undefined,
    stop: async () => sharing.close(),
  };
}

export function createShareDirectory(directory: UserDirectory, store: Pick<Store, "ownerUid">): ShareDirectory {
  return {
    async uidOf(user) {
      const found = await directory.byName(user, { isFresh: true });
      return found === undefined || found === "unavailable" ? found : found.uid;
    },
    gidOf: (group) => directory.groupId(group),
    async isMember({ user, uid }, { group, gid }) {
      // A later user of a name is filed as `name~uid`.
      const known = await directory.byName(user.replace(/~\d+$/, ""));
      if (known === undefined || known === "unavailable" || known.uid !== uid) return false;
      return (await directory.groupId(group)) === gid && directory.isMember(known, group);
    },
    ownerUid: (owner) => store.ownerUid(owner),
  };
}

/** Sockets whose viewers connect again when they may see less than before. */
export function holdSockets(live: Live, grants: Pick<Grants, "hold">): Live {
  return {
    hasRoom: (viewer) => live.hasRoom(viewer),
    accept(upgrade, viewer) {
      const opened = live.accept(upgrade, viewer);
      if (opened !== undefined) void opened.closed.then(grants.hold(viewer, () => opened.seesLess()));
      return opened;
    },
    close: () => live.close(),
  };
}
