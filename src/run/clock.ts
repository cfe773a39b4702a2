import { formatTimestamp } from "../frame/timestamp.ts";
import type { Timers } from "./timers.ts";

const PREFIX_CHARACTERS = "2026-11-20T04:17:44.".length;
const MICROSECONDS = 1_000_000;

interface ClockOptions {
  /** Wall clock, with fractions, when `monotonicMs` was 0. */
  readonly startedAtMs: number;
  readonly monotonicMs: () => number;
  readonly timers: Timers;
}

/** Time since 1970 that never steps back: the wall clock at the start, plus a monotonic clock. */
export class Clock {
  readonly after: Timers["after"];
  readonly afterReading: Timers["afterReading"];
  readonly #startedAtMs: number;
  readonly #monotonicMs: () => number;
  #second = -1;
  #prefix = "";

  constructor({ startedAtMs, monotonicMs, timers }: ClockOptions) {
    this.#startedAtMs = startedAtMs;
    this.#monotonicMs = monotonicMs;
    this.after = timers.after;
    this.afterReading = timers.afterReading;
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
