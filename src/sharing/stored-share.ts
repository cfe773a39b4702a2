import type { Execution } from "../wire/api.ts";
import type { Share } from "../wire/share.ts";
import { asTime } from "../wire/time.ts";
import type { Viewer } from "../wire/viewer.ts";

/** An execution with the job and run that it belongs to, or a job, or a run of it. */
export type StoredThing =
  | { readonly job: string; readonly run: string; readonly x: string; readonly node: string }
  | { readonly job: string; readonly run?: string };

/** A name may pass to another user or group; together with its number it means the same one for ever. */
export type StoredWith =
  | { readonly user: string; readonly uid: number }
  | { readonly group: string; readonly gid: number };

export interface StoredShare {
  readonly id: string;
  /** The id under which the owner's executions are filed. */
  readonly owner: string;
  readonly ownerUid: number;
  readonly what: StoredThing;
  readonly with: StoredWith;
  /** Unix time; undefined: until it is taken back. */
  readonly untilMs: number | undefined;
  readonly sinceMs: number;
}

type Placed = Pick<Execution, "owner" | "job" | "run" | "x" | "node">;

/** Whether a share is about this execution. */
export function isAbout({ owner, what }: StoredShare, execution: Placed): boolean {
  if (owner !== execution.owner || what.job !== execution.job) return false;
  if (what.run !== undefined && what.run !== execution.run) return false;
  return !("x" in what) || (what.x === execution.x && what.node === execution.node);
}

/** Whether a share names this user, by name and uid. */
export function namesUser({ with: withWhom }: StoredShare, { user, uid }: Viewer): boolean {
  if (!("user" in withWhom) || withWhom.uid !== uid) return false;
  // A later user of a name is filed as `name~uid`.
  return user === withWhom.user || user === `${withWhom.user}~${uid}`;
}

export function shownShare({ id, owner, what, with: withWhom, untilMs, sinceMs }: StoredShare): Share {
  const { job, run } = what;
  return {
    id,
    owner,
    what: "x" in what ? { x: what.x, node: what.node } : { job, ...(run === undefined ? {} : { run }) },
    with: "user" in withWhom ? { user: withWhom.user } : { group: withWhom.group },
    until: untilMs === undefined ? null : asTime(untilMs),
    since: asTime(sinceMs),
  };
}
