import { isUnixName } from "../wire/unix-name.ts";
import { type Getent, getent } from "./getent.ts";
import { type Known, type Looked, LookupCache } from "./lookup-cache.ts";
import { createSteadyClock } from "./steady-clock.ts";

const USER_FOR_MS = 600_000;
/** A user who leaves the group of administrators loses its rights within this time. */
const GROUP_FOR_MS = 30_000;

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** A login asks anew: names and uids of users who have left go to others. */
interface Asking {
  readonly isFresh: boolean;
}

/** The machine's users. Answers are remembered for a while, except where a fresh one is asked for. */
export interface UserDirectory {
  byUid(uid: number, asking?: Asking): Promise<Looked<User>>;
  byName(name: string, asking?: Asking): Promise<Looked<User>>;
  groupId(name: string): Promise<Looked<number>>;
  /** Whether the group is the user's primary group or lists the user. */
  isMember(user: User, group: string): Promise<boolean>;
}

export interface RememberingDirectory extends UserDirectory {
  /** The remembered answer for a uid, without asking the database. */
  knownUid(uid: number): Known<User> | undefined;
}

export function createUserDirectory(options: { ask?: Getent; nowMs?: () => number } = {}): RememberingDirectory {
  const { ask = getent, nowMs = createSteadyClock() } = options;
  const users = new LookupCache({
    nowMs,
    find: async (key) => ask("passwd", key),
    parse: parseUser,
    foundForMs: USER_FOR_MS,
  });
  const groups = new LookupCache({
    nowMs,
    find: async (key) => ask("group", key),
    parse: parseGroup,
    foundForMs: GROUP_FOR_MS,
  });
  /** getent may answer for another uid. */
  const ofUid = (user: Looked<User>, uid: number): Looked<User> =>
    user === "unavailable" || user?.uid === uid ? user : undefined;
  return {
    knownUid(uid) {
      const known = users.known(String(uid));
      return known === undefined ? undefined : { value: ofUid(known.value, uid) };
    },
    async byUid(uid, { isFresh } = { isFresh: false }) {
      if (!Number.isSafeInteger(uid) || uid < 0) return undefined;
      return ofUid(await users.get(String(uid), isFresh), uid);
    },
    async byName(name, { isFresh } = { isFresh: false }) {
      // getent reads a name of digits as a uid, so it may have found another user.
      const user = isUnixName(name) ? await users.get(name, isFresh) : undefined;
      return user !== undefined && !/^\d+$/.test(name) ? user : undefined;
    },
    async groupId(name) {
      // getent reads a name of digits as a number, so it may have found another group.
      const group = isUnixName(name) && !/^\d+$/.test(name) ? await groups.get(name) : undefined;
      return group === "unavailable" ? group : group?.gid;
    },
    async isMember(user, group) {
      const found = isUnixName(group) ? await groups.get(group) : undefined;
      return found !== undefined && found !== "unavailable" && (found.gid === user.gid || found.members.has(user.name));
    },
  };
}

/** `alice:x:1001:1001:...`, passwd(5) */
function parseUser(line: string): User | undefined {
  const [name, , uid, gid] = line.split(":");
  if (name === undefined || !isUnixName(name) || !isId(uid) || !isId(gid)) return undefined;
  return { name, uid: Number(uid), gid: Number(gid) };
}

/** `admins:x:1100:alice,bob`, group(5) */
function parseGroup(line: string): { gid: number; members: ReadonlySet<string> } | undefined {
  const [name, , gid, members] = line.split(":");
  return name && isId(gid) ? { gid: Number(gid), members: new Set(members?.split(",")) } : undefined;
}

function isId(text: string | undefined): text is string {
  return text !== undefined && /^\d{1,10}$/.test(text);
}
