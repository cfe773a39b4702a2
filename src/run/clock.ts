import { formatTimestamp } from "../frame/timestamp.ts";

const PREFIX_CHARACTERS = "2026-11-20T04:17:44.".length;
const MICROSECONDS = 1_000_000;

/** Calls back after `ms`. Returns a function that cancels it. */
export function after(ms: number, call: () => void): () => void {
  const timer = setTimeout(call, ms);
  return () => clearTimeout(timer);
}

/** Time since 1970 that never steps back: the wall clock at the start, plus a monotonic clock. */
export class Clock {
  readonly #startedAtMs: number;
  readonly #monotonicMs: () => number;
  #second = -1;
  #prefix = "";

  /** @param startedAtMs Wall clock, with fractions, when `monotonicMs` was 0. */
  constructor(startedAtMs: number, monotonicMs: () => number) {
    this.#startedAtMs = startedAtMs;
    this.#monotonicMs = monotonicMs;
  }

  /** Monotonic milliseconds, for differences only. */
  elapsedMs(): number {
    return this.#monotonicMs();
  }

  /** Bytes count as printed when they are read. */
  printedMs(): number {
    return this.#monotonicMs();
  }

  /** RFC 3339, UTC, microseconds. Called for every read: only a new second costs a date conversion. */
  timestamp(): string {
    const now = Math.floor((this.#startedAtMs + this.#monotonicMs()) * 1000);
    const second = Math.floor(now / MICROSECONDS);
    if (second !== this.#second) {
      this.#second = second;
      this.#prefix = formatTimestamp(second * MICROSECONDS).slice(0, PREFIX_CHARACTERS);
    }
    return `${this.#prefix}${String(now - second * MICROSECONDS).padStart(6, "0")}Z`;
  }
}
