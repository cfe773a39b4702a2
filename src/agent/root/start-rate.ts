import { AGENT_LIMITS } from "../limits.ts";

/** How many commands of a user may begin in a second. */
export class StartRate {
  readonly #starts = new Map<string, { second: number; count: number }>();

  /** Counts one more, if there is room for it. */
  take(user: string, nowMs: number): boolean {
    const second = Math.floor(nowMs / 1_000);
    const known = this.#starts.get(user);
    if (known?.second === second) {
      known.count += 1;
      return known.count <= AGENT_LIMITS.startsPerSecondPerUser;
    }
    this.#starts.set(user, { second, count: 1 });
    if (this.#starts.size > AGENT_LIMITS.openRuns) this.#starts.clear();
    return true;
  }
}
