import { type NodeUsers, OVERFLOW_UID } from "./config-nodes.ts";
import type { Known, Looked } from "./lookup-cache.ts";

/** User database look-ups running for one node, and look-ups waiting. */
const ASKED_PER_NODE = 2;
const WAITING_PER_NODE = 64;
/** Look-ups of unknown uids of one range in this time, for one node: each costs a process. */
const MISSES_PER_RANGE = 32;
const MISSES_FOR_MS = 10_000;
/** A range is 65,536 uids: a user's subordinate uids (subuid(5)) fill one or two; users' own uids are in others. */
const RANGE_BITS = 16;
const MAX_RANGES = 4_096;

/** `uid` is the collector's; a node's own map has none. */
interface Named {
  readonly name: string;
  readonly uid?: number;
}

/** `later`: the node has reached its bounds; ask again in a few seconds. */
type NodeUser = Looked<Named> | "later";

interface NodeUsersOptions {
  readonly directory: {
    knownUid(uid: number): Known<Named> | undefined;
    byUid(uid: number): Promise<Looked<Named>>;
  };
  /** By name in lower case. */
  readonly nodes: ReadonlyMap<string, NodeUsers>;
  /** Steady. */
  readonly nowMs: () => number;
}

interface Asking {
  asked: number;
  readonly waiting: (() => void)[];
}

/**
 * Finds the user of a uid on a node, in the node's own map or the collector's directory. Remembered answers cost
 * nothing; other look-ups are bounded for each node, so that invented uids on one node delay no answer for another.
 */
export function createNodeUsers(options: NodeUsersOptions): (node: string, uid: number) => Promise<NodeUser> {
  const { directory, nodes, nowMs } = options;
  const asking = new Map<string, Asking>();
  const misses = new Map<string, { untilMs: number; count: number }>();

  /** Recent misses of a node and range. */
  function missesOf(range: string): { untilMs: number; count: number } {
    const known = misses.get(range);
    if (known !== undefined && nowMs() < known.untilMs) return known;
    const fresh = { untilMs: nowMs() + MISSES_FOR_MS, count: 0 };
    misses.delete(range);
    misses.set(range, fresh);
    const [oldest] = misses.keys();
    if (misses.size > MAX_RANGES && oldest !== undefined) misses.delete(oldest);
    return fresh;
  }

  async function inTurn<T>(node: string, ask: () => Promise<T>): Promise<T | "later"> {
    const own = asking.get(node) ?? { asked: 0, waiting: [] };
    if (own.asked < ASKED_PER_NODE) own.asked += 1;
    else if (own.waiting.length >= WAITING_PER_NODE) return "later";
    else await new Promise<void>((resolve) => own.waiting.push(resolve));
    asking.set(node, own);
    try {
      return await ask();
    } finally {
      const next = own.waiting.shift();
      if (next === undefined) own.asked -= 1;
      else next();
      if (own.asked === 0) asking.delete(node);
    }
  }

  return async (node, uid) => {
    if (uid === OVERFLOW_UID) return undefined;
    const users = nodes.get(node) ?? "directory";
    if (users !== "directory") {
      const name = users.get(uid);
      return name === undefined ? undefined : { name };
    }
    const known = directory.knownUid(uid);
    if (known !== undefined) return known.value;
    const range = `${uid >>> RANGE_BITS} ${node}`;
    return inTurn(node, async () => {
      // While this one waited, another may have used the last miss or found the answer.
      if (missesOf(range).count >= MISSES_PER_RANGE) return directory.knownUid(uid)?.value ?? "later";
      const user = await directory.byUid(uid);
      if (user === undefined) missesOf(range).count += 1;
      return user;
    });
  };
}
