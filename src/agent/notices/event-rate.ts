import { AGENT_LIMITS } from "../limits.ts";

const MINUTE_MS = 60_000;

/** How many events each user may send in a minute. */
export class EventRate {
  #minute = 0;
  /** By user. Without bound but the machine's users: it begins anew each minute. */
  readonly #counts = new Map<string, number>();

  /** Counts one more, if there is room for it. */
  take(user: string, nowMs: number): boolean {
    // Counts of a minute that is over wait for `takeOver`.
    if (this.#counts.size === 0) this.#minute = minuteOf(nowMs);
    const count = (this.#counts.get(user) ?? 0) + 1;
    this.#counts.set(user, count);
    return count <= AGENT_LIMITS.eventsAMinuteOfUser;
  }

  /** After each minute: how many were not taken, and of how many users; undefined if none. */
  takeOver(nowMs: number): { readonly discarded: number; readonly users: string } | undefined {
    if (minuteOf(nowMs) === this.#minute) return undefined;
    const limit = AGENT_LIMITS.eventsAMinuteOfUser;
    const over = [...this.#counts].filter(([, count]) => count > limit);
    this.#counts.clear();
    if (over.length === 0) return undefined;
    const users = over.map(([user]) => user).slice(0, AGENT_LIMITS.namedFaults);
    return { discarded: over.reduce((sum, [, count]) => sum + count - limit, 0), users: users.join(",") };
  }
}

function minuteOf(nowMs: number): number {
  return Math.floor(nowMs / MINUTE_MS);
}
