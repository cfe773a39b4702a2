import type { AuditEvent } from "./audit-event.ts";

type EventName = AuditEvent["event"];

/** Actions on a user's own things: only their records are limited. */
const OWN_ACTIONS: ReadonlySet<EventName> = new Set([
  "login",
  "logout",
  "deletion",
  "hold",
  "token",
  "share",
  "upload",
  "call",
  "node-event",
]);

/** Users counted separately, for one kind of action in a minute: a node may name any user in its events. */
const MAX_USERS = 4_096;
const OTHERS = "(others)";

/** Actions of one kind by one user that were only counted. */
interface Folded {
  readonly of: EventName;
  readonly user: string;
  readonly count: number;
}

/** Counts users' actions on their own things, each kind separately: a program calls services all day. */
export class OwnActions {
  readonly #most: number;
  /** Actions in this minute, by user. */
  readonly #counts = new Map<EventName, Map<string, number>>();

  /** @param most Actions of one kind and user recorded in a minute. */
  constructor(most: number) {
    this.#most = most;
  }

  /** The acting user; undefined: the event is no such action. */
  userOf({ event, user, owner = user }: AuditEvent): string | undefined {
    return owner === user && OWN_ACTIONS.has(event) ? user : undefined;
  }

  /** Counts one action. False: it is only counted. */
  isRecorded(of: EventName, user: string): boolean {
    const counts = this.#counts.get(of) ?? new Map<string, number>();
    this.#counts.set(of, counts);
    const who = counts.has(user) || counts.size < MAX_USERS ? user : OTHERS;
    const count = (counts.get(who) ?? 0) + 1;
    counts.set(who, count);
    return count <= this.#most;
  }

  /** Ends the minute. Returns the actions that were only counted. */
  settle(): readonly Folded[] {
    const folded = [...this.#counts].flatMap(([of, counts]) =>
      [...counts].map(([user, count]) => ({ of, user, count: count - this.#most })),
    );
    this.#counts.clear();
    return folded.filter(({ count }) => count > 0);
  }
}
