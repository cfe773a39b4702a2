/** Calls of services in the last minute, by token, or by user without one. */
export class CallRate {
  readonly #nowMs: () => number;
  /** Times of calls, oldest first. Keys in order of use. */
  readonly #calls = new Map<string, number[]>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Counts a call, or returns the seconds until there is room for one. */
  take(key: string, aMinute: number): number | undefined {
    const now = this.#nowMs();
    const recent = (this.#calls.get(key) ?? []).filter((time) => time > now - MINUTE_MS);
    const [oldest] = recent;
    if (oldest !== undefined && recent.length >= aMinute) return Math.ceil((oldest + MINUTE_MS - now) / 1_000);
    this.#calls.delete(key);
    this.#calls.set(key, [...recent, now]);
    const [unused] = this.#calls.keys();
    if (this.#calls.size > MAX_KEYS && unused !== undefined) this.#calls.delete(unused);
    return undefined;
  }
}

const MINUTE_MS = 60_000;
/** The key that was unused longest is forgotten first: it begins anew. */
const MAX_KEYS = 4_096;
