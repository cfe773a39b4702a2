/** Reasons for refusing an order, by name, in words that give the next step. */
export const REFUSALS = {
  "too-long": "The message is longer than the limit: name fewer nodes in one order",
  "malformed-message": "The message is not a signed order",
  "key-not-trusted":
    "No trust file of this node has the key: its administrator adds it, after the user's name (agent.toml, trust)",
  "other-namespace": "The signature was made for another purpose",
  "signature-wrong": "The signature does not fit the order: it was changed after it was signed",
  "malformed-order":
    "The order is not in its one spelling: client and node have different versions, or it was not made by mlctl",
  "other-version": "The order is of a newer version than the node's agent: its administrator upgrades that",
  "other-way": "The order names another way than that of its key: orders of the web have a key of their own",
  "key-not-of-this-user": "The trust file has this key for other users",
  "key-not-for-this": "The trust file has this key for other purposes",
  "key-expired": "The key is not yet, or no longer, valid",
  "other-fleet": "The order is for the fleet of another authority",
  "not-for-this-node": "The order does not name this node",
  "from-the-future": "The order was made more than five minutes ahead of the node's clock",
  expired: "The order came after its end",
  "before-floor": "The order is older than what this node still remembers: send it anew",
  "before-journal": "The order is older than this node's journal, which was made anew: send it anew",
  "no-such-user": "The node has no such user",
  "system-user": "The user's uid is below the node's min-uid",
  "uid-changed": "The user's name has another uid since the order came",
  "web-user-not-allowed":
    "The node takes no orders of this user from the web (agent.toml, web-users): mlctl signs them with an SSH key",
  "web-order-lives-too-long": "The node takes no orders of the web that live so long: agent.toml, web-max-life",
  "not-the-owner": "Only the owner of a run and the node's admins can cancel it",
  "run-differs": "The node has another order of the same name: each run needs a name of its own",
  "too-many-runs": "The user has too many runs on this node: open ones, and those that ended within a day",
  "no-memory-limit": "Only a node under systemd can limit a command's memory",
  "file-exists":
    "Something else is there already: --overwrite (in the viewer, Overwrite) replaces a file by a file, and a folder by an archive's",
  "file-denied": "The user may not write there",
  "file-path": "A file's path cannot be used: no .., a name of at most 200 bytes at its end, folders before it",
  "file-link": "The path leads through a link of another user; or, in a shared folder, through any link",
  "file-digest": "The bytes are not those that were signed",
  "file-failed": "The file cannot be written",
  "no-such-folder": "The node shares no such folder, or it is not there: agent.toml, [folders.NAME]",
  "folder-not-allowed": "The folder is for members of other groups: agent.toml, [folders.NAME], groups",
  "disk-full": "The user has no room for the file there",
  archive: "The archive cannot be unpacked",
  "no-such-service": "The node does not offer this service: `mlctl services` says which nodes do",
  "service-not-allowed": "The service is for members of other groups: its file in services.d on the node",
  "calls-not-allowed": "The node takes no calls of this user: agent.toml, call-users",
  "not-offered":
    "A running command has published this name: it takes no calls, and its own output says how to reach it",
} as const;

export type Refusal = keyof typeof REFUSALS;

export function isRefusal(why: string): why is Refusal {
  return Object.hasOwn(REFUSALS, why);
}

/** The words for a refusal, followed by `more`. */
export function refusalWords(why: string, more = ""): string {
  return [isRefusal(why) ? REFUSALS[why] : "", more].filter((part) => part !== "").join(": ");
}

/**
 * The reason for a refusal or failure: the node's own words, or else the words for the reason's name, or else that name.
 *
 * @param others Names besides those of refusals.
 */
export function reasonWords(
  { why, text }: { readonly why: string; readonly text: string },
  others: Readonly<Record<string, string>> = {},
): string {
  const known = new Map(Object.entries({ ...REFUSALS, ...others }));
  return text || (known.get(why) ?? why);
}
