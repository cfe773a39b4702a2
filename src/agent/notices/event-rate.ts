import { AGENT_LIMITS } from "../limits.ts";

const MINUTE_MS = 60_000;
/** Of all users whom the directory does not know: subordinate uids are many. */
const NAMELESS = "(no name)";

interface Counts {
  readonly taken: number;
  readonly discarded: number;
}

/** How many events each user may send in a minute, and how many were discarded. */
export class EventRate {
  #minute = 0;
  /** By user. Without bound but the machine's users: it begins anew each minute. */
  readonly #counts = new Map<string, Counts>();

  /** Whether one more may be taken of a user. */
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

  /** After each minute: how many were discarded, and of how many users; undefined if none. */
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
    // Counts of a minute that is over wait for `takeDiscarded`.
    if (this.#counts.size === 0) this.#minute = minuteOf(nowMs);
    this.#counts.set(user, counts);
  }
}

function minuteOf(nowMs: number): number {
  return Math.floor(nowMs / MINUTE_MS);
}
