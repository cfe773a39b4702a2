import { AGENT_LIMITS } from "../limits.ts";

const MINUTE_MS = 60_000;
/** Shared by all users unknown to the directory, because subordinate uids are many. */
const NAMELESS = "(no name)";

interface Counts {
  readonly taken: number;
  readonly discarded: number;
}

/** Limits each user's events per minute and counts discarded ones. */
export class EventRate {
  #minute = 0;
  /** By user, so bounded by the machine's users; emptied each minute. */
  readonly #counts = new Map<string, Counts>();

  /** Whether another event of this user may be taken. */
  hasRoom(user: string): boolean {
    return this.#of(user).taken < AGENT_LIMITS.eventsAMinuteOfUser;
  }

  countTaken(user: string, nowMs: number): void {
    const { taken, discarded } = this.#of(user);
    this.#set(user, { taken: taken + 1, discarded }, nowMs);
  }

  /** @param user undefined: the directory knows none */
  countDiscarded(user: string | undefined, nowMs: number): void {
    const { taken, discarded } = this.#of(user ?? NAMELESS);
    this.#set(user ?? NAMELESS, { taken, discarded: discarded + 1 }, nowMs);
  }

  /** Once a minute: discarded events and their users; undefined if none. */
  takeDiscarded(nowMs: number): { readonly discarded: number; readonly users: string } | undefined {
    if (minuteOf(nowMs) === this.#minute) return undefined;
    const over = [...this.#counts].filter(([, { discarded }]) => discarded > 0);
    this.#counts.clear();
    if (over.length === 0) return undefined;
    const users = over.map(([user]) => user).slice(0, AGENT_LIMITS.namedFaults);
    return { discarded: over.reduce((sum, [, { discarded }]) => sum + discarded, 0), users: users.join(",") };
  }

  #of(user: string): Counts {
    return this.#counts.get(user) ?? { taken: 0, discarded: 0 };
  }

  #set(user: string, counts: Counts, nowMs: number): void {
    // Counts of the previous minute wait for `takeDiscarded`.
    if (this.#counts.size === 0) this.#minute = minuteOf(nowMs);
    this.#counts.set(user, counts);
  }
}

function minuteOf(nowMs: number): number {
  return Math.floor(nowMs / MINUTE_MS);
}
