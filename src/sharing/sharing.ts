import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Log } from "../host/log.ts";
import type { Metrics } from "../host/metrics.ts";
import type { Share, SharedThing, ShareList, ShareRequest } from "../wire/share.ts";
import type { Viewer } from "../wire/viewer.ts";
import { Grants } from "./grants.ts";
import type { OwnArchive, ShareDirectory } from "./ports.ts";
import { ShareBook } from "./share-book.ts";
import { namesUser, type StoredShare, type StoredThing, type StoredWith, shownShare } from "./stored-share.ts";

interface SharingOptions {
  /** Folder of shares.db. Must exist. */
  readonly dataDir: string;
  readonly archive: Pick<OwnArchive<unknown, unknown>, "get" | "list">;
  readonly directory: ShareDirectory;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly wallMs: () => number;
}

export type ShareOutcome =
  | { readonly is: "shared"; readonly share: Share }
  /** It is not the owner's, or does not exist. */
  | { readonly is: "missing" }
  | { readonly is: "refused" | "full" | "unavailable"; readonly message: string };

export const SHARE_LIMITS = {
  /** Each share costs everybody who lists executions a look into the index. */
  maxOfOwner: 64,
  maxWithOne: 256,
} as const;
const ID_BYTES = 12;
/** How often shares are checked for their end, and groups for members who have left. */
const LOOK_EVERY_MS = 1_000;
const LOOK_AT_GROUPS_EVERY_MS = 30_000;

/** What users let others read. Owns the book of shares. */
export class Sharing {
  readonly grants: Grants;
  readonly #options: SharingOptions;
  readonly #book: ShareBook;
  readonly #timers: readonly NodeJS.Timeout[];

  constructor(options: SharingOptions) {
    const { dataDir, directory, wallMs, metrics } = options;
    this.#options = options;
    this.#book = new ShareBook(join(dataDir, "shares.db"));
    this.grants = new Grants({ book: this.#book, directory, wallMs });
    metrics.gauge("ml_shares", "Shares in effect", () => this.#book.size);
    this.#timers = [
      setInterval(() => this.endOverdue(), LOOK_EVERY_MS),
      setInterval(() => this.#recheck(), LOOK_AT_GROUPS_EVERY_MS),
    ];
    for (const timer of this.#timers) timer.unref();
  }

  async share(viewer: Viewer, { what, with: withWhom, until }: ShareRequest): Promise<ShareOutcome> {
    const thing = await this.#thingOf(viewer, what);
    if (thing === undefined) return { is: "missing" };
    const to = await this.#recipientOf(withWhom);
    if ("is" in to) return to;
    const share: StoredShare = {
      id: randomBytes(ID_BYTES).toString("hex"),
      owner: viewer.user,
      ownerUid: viewer.uid,
      what: thing,
      with: to,
      untilMs: until === undefined ? undefined : Date.parse(until),
      sinceMs: this.#options.wallMs(),
    };
    if (namesUser(share, viewer)) return { is: "refused", message: "Cannot share: this is yours already" };
    if (share.untilMs !== undefined && share.untilMs <= share.sinceMs)
      return { is: "refused", message: "Cannot share: its end is in the past" };
    const isFull = this.#isFull(share);
    if (isFull !== undefined) return { is: "full", message: isFull };
    this.#book.add(share);
    return { is: "shared", share: shownShare(share) };
  }

  /**
   * Takes a share back, at once. Undefined if the viewer has none of this id. Throws if the file cannot be changed: then
   * it would return with the next start.
   */
  unshare(viewer: Viewer, id: string): Share | undefined {
    const share = this.#book.get(id);
    if (share === undefined || !isOwned(share, viewer)) return undefined;
    this.#end(share);
    return shownShare(share);
  }

  async list(viewer: Viewer): Promise<ShareList> {
    const mine = [...this.#book.values()].filter((share) => isOwned(share, viewer));
    const theirs = await this.grants.of(viewer);
    return { shares: mine.sort((a, b) => b.sinceMs - a.sinceMs).map(shownShare), withMe: theirs.map(shownShare) };
  }

  /** Removes shares whose time is over. */
  endOverdue(): void {
    const nowMs = this.#options.wallMs();
    for (const share of [...this.#book.values()])
      if (share.untilMs !== undefined && share.untilMs <= nowMs) this.#endSafely(share);
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#book.close();
  }

  #end({ id }: StoredShare): void {
    try {
      this.#book.remove(id);
    } finally {
      this.#recheck();
    }
  }

  /** Ends a share. Its row may stay in the file: it is over all the same. */
  #endSafely(share: StoredShare): void {
    try {
      this.#end(share);
    } catch (error) {
      this.#options.log.event("error", "cannot remove a share from its file", { error: String(error) });
    }
  }

  #recheck(): void {
    this.grants.recheck().catch((error: unknown) => {
      this.#options.log.event("error", "cannot check shares", { error: String(error) });
    });
  }

  /** The thing in the viewer's own archive; administrators share only their own. */
  async #thingOf({ user, uid }: Viewer, what: SharedThing): Promise<StoredThing | undefined> {
    const { archive } = this.#options;
    const viewer = { user, uid, admin: false };
    if ("x" in what) {
      const execution = await archive.get(viewer, { ...what, owner: user });
      return execution === undefined
        ? undefined
        : { job: execution.job, run: execution.run, x: execution.x, node: execution.node };
    }
    const { job, run } = what;
    const { executions } = await archive.list(viewer, { owner: user, job, run, limit: 1 });
    if (executions.length === 0) return undefined;
    return { job, ...(run === undefined ? {} : { run }) };
  }

  async #recipientOf(to: ShareRequest["with"]): Promise<StoredWith | Exclude<ShareOutcome, { is: "shared" }>> {
    const { directory } = this.#options;
    const [kind, name] = "user" in to ? (["user", to.user] as const) : (["group", to.group] as const);
    const id = kind === "user" ? await directory.uidOf(name) : await directory.gidOf(name);
    if (id === "unavailable") return { is: id, message: "The user directory does not answer: try again" };
    if (id === undefined)
      return { is: "refused", message: `There is no ${kind} ${JSON.stringify(name)} on the collector` };
    return kind === "user" ? { user: name, uid: id } : { group: name, gid: id };
  }

  #isFull({ owner, with: to }: StoredShare): string | undefined {
    const all = [...this.#book.values()];
    const { maxOfOwner, maxWithOne } = SHARE_LIMITS;
    const ofOwner = all.filter((share) => share.owner === owner).length;
    if (ofOwner >= maxOfOwner) return `Cannot share: you share ${ofOwner} things, limit is ${maxOfOwner}`;
    const withOne = all.filter((share) => isSame(share.with, to)).length;
    if (withOne >= maxWithOne) return `Cannot share: ${withOne} things are shared with them, limit is ${maxWithOne}`;
    return undefined;
  }
}

function isOwned(share: StoredShare, { user, uid }: Viewer): boolean {
  return share.owner === user && share.ownerUid === uid;
}

function isSame(a: StoredWith, b: StoredWith): boolean {
  return "user" in a ? "user" in b && a.uid === b.uid : "group" in b && a.gid === b.gid;
}
