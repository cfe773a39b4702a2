import type { Seen, Viewer } from "../wire/viewer.ts";
import type { ShareDirectory } from "./ports.ts";
import type { ShareBook } from "./share-book.ts";
import { namesUser, type StoredShare } from "./stored-share.ts";

interface GrantsOptions {
  readonly book: ShareBook;
  readonly directory: Pick<ShareDirectory, "isMember" | "ownerUid">;
  readonly wallMs: () => number;
}

/** A running read of somebody, which ends when they may see less. */
interface Holder {
  readonly viewer: Viewer;
  readonly ends: Set<() => void>;
  /** Ids of the shares that their last look found. */
  ids: ReadonlySet<string>;
}

/** Which shares are in effect for whom at this moment. All other files here ask this class. */
export class Grants {
  readonly #options: GrantsOptions;
  /** Bounded by the number of sockets, searches and downloads. */
  readonly #holders = new Map<string, Holder>();

  constructor(options: GrantsOptions) {
    this.#options = options;
  }

  /** The shares with a viewer, newest first. Administrators need none. */
  async of(viewer: Viewer): Promise<readonly StoredShare[]> {
    const { book, directory } = this.#options;
    if (viewer.admin) return [];
    const candidates = [...book.values()].filter((share) => "group" in share.with || namesUser(share, viewer));
    const groups = new Map(
      candidates.flatMap(({ with: to }) => ("group" in to ? [[`${to.gid} ${to.group}`, to]] : [])),
    );
    const isMember = new Map(
      await Promise.all(
        [...groups].map(async ([key, group]) => [key, await directory.isMember(viewer, group)] as const),
      ),
    );
    // Nothing waits from here to the end: answer and remembered ids fit the book as it is now.
    const granted = candidates.filter((share) => {
      const { with: to } = share;
      return this.#isInEffect(share, viewer) && ("user" in to || isMember.get(`${to.gid} ${to.group}`) === true);
    });
    this.#remember(viewer, new Set(granted.map(({ id }) => id)));
    return granted.sort((a, b) => b.sinceMs - a.sinceMs);
  }

  /** `end` is called once the viewer may see less than now. Returns a function that forgets it. */
  hold(viewer: Viewer, end: () => void): () => void {
    if (viewer.admin) return () => undefined;
    const key = keyOf(viewer);
    const holder = this.#holders.get(key) ?? { viewer, ends: new Set<() => void>(), ids: new Set<string>() };
    this.#holders.set(key, holder);
    holder.ends.add(end);
    return () => {
      holder.ends.delete(end);
      if (holder.ends.size === 0 && this.#holders.get(key) === holder) this.#holders.delete(key);
    };
  }

  /** Checks again everybody who reads shared executions. */
  async recheck(): Promise<void> {
    for (const { viewer, ids } of [...this.#holders.values()]) if (ids.size > 0) await this.of(viewer);
  }

  #isInEffect(share: StoredShare, viewer: Viewer): boolean {
    const { book, directory, wallMs } = this.#options;
    if (book.get(share.id) !== share || share.owner === viewer.user) return false;
    if (share.untilMs !== undefined && share.untilMs <= wallMs()) return false;
    // The owner's name may belong to another user by now.
    const uid = directory.ownerUid(share.owner);
    return uid === undefined || uid === share.ownerUid;
  }

  #remember(viewer: Viewer, ids: ReadonlySet<string>): void {
    const holder = this.#holders.get(keyOf(viewer));
    if (holder === undefined) return;
    const isLess = [...holder.ids].some((id) => !ids.has(id));
    holder.ids = ids;
    if (!isLess) return;
    this.#holders.delete(keyOf(viewer));
    for (const end of holder.ends) end();
  }
}

/** Everything that a viewer sees, in parts that do not overlap. */
export function seenWith(viewer: Viewer, shares: readonly StoredShare[]): readonly Seen[] {
  if (viewer.admin) return [{}];
  const jobs = new Set(shares.flatMap(({ owner, what }) => (what.run === undefined ? [`${owner}\0${what.job}`] : [])));
  const runs = new Set(
    shares.flatMap(({ owner, what }) =>
      what.run === undefined || "x" in what ? [] : [`${owner}\0${what.job}\0${what.run}`],
    ),
  );
  const parts = new Map<string, Seen>();
  for (const { owner, what } of shares) {
    const job = `${owner}\0${what.job}`;
    const run = `${job}\0${what.run}`;
    if (what.run !== undefined && jobs.has(job)) continue;
    if ("x" in what && runs.has(run)) continue;
    parts.set("x" in what ? `${run}\0${what.x}\0${what.node}` : run, { owner, ...what });
  }
  return [{ owner: viewer.user }, ...parts.values()];
}

function keyOf({ user, uid }: Viewer): string {
  return `${uid} ${user}`;
}
