const WINDOW_SECONDS = 60;
const SECOND_MS = 1_000;
/** All keys together take some 2 MB. Beyond this, the key unused longest is forgotten, and begins anew. */
const MAX_KEYS = 4_096;

/** Calls of one key: a counter for each second of the window, used in turn. */
interface Window {
  readonly counts: Uint16Array;
  sum: number;
  /** Second of the newest counter. */
  second: number;
}

/** Calls of services in the last minute, to the second, by token, or by user without one. */
export class CallRate {
  readonly #nowMs: () => number;
  /** Windows in order of use. */
  readonly #windows = new Map<string, Window>();

  /** @param nowMs steady */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Counts a call, or returns the seconds until there is room for one. `aMinute`: 65,535 at most. */
  take(key: string, aMinute: number): number | undefined {
    const nowMs = this.#nowMs();
    const second = Math.floor(nowMs / SECOND_MS);
    const window = this.#windows.get(key) ?? { counts: new Uint16Array(WINDOW_SECONDS), sum: 0, second };
    advance(window, second);
    if (window.sum >= aMinute) return Math.ceil(oldestOf(window) + WINDOW_SECONDS - nowMs / SECOND_MS);
    const at = second % WINDOW_SECONDS;
    window.counts[at] = countAt(window, second) + 1;
    window.sum += 1;
    this.#windows.delete(key);
    this.#windows.set(key, window);
    const [unused] = this.#windows.keys();
    if (this.#windows.size > MAX_KEYS && unused !== undefined) this.#windows.delete(unused);
    return undefined;
  }
}

/** Clears the counters that the window has left behind. */
function advance(window: Window, to: number): void {
  const from = Math.max(window.second, to - WINDOW_SECONDS);
  for (let second = from + 1; second <= to; second += 1) {
    window.sum -= countAt(window, second);
    window.counts[second % WINDOW_SECONDS] = 0;
  }
  window.second = to;
}

/** The oldest second with a call. */
function oldestOf(window: Window): number {
  let second = window.second - WINDOW_SECONDS + 1;
  while (second < window.second && countAt(window, second) === 0) second += 1;
  return second;
}

/** The calls in a second, which may be negative where a steady clock has just begun. */
function countAt({ counts }: Window, second: number): number {
  return counts.at(second % WINDOW_SECONDS) ?? 0;
}
