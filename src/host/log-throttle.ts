const SAY_AGAIN_AFTER_MS = 600_000;
/** A stranger may present new certificates without end: beyond this, the oldest are forgotten. */
const MAX_REMEMBERED = 4_096;

/** Lets equal messages through once in ten minutes: a refused relay retries every second. */
export class LogThrottle {
  readonly #nowMs: () => number;
  readonly #saidAtMs = new Map<string, number>();

  /** @param nowMs Steady. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Whether to log this now. A yes counts as logged. */
  isDue(what: string): boolean {
    const nowMs = this.#nowMs();
    const saidAtMs = this.#saidAtMs.get(what);
    if (saidAtMs !== undefined && nowMs - saidAtMs < SAY_AGAIN_AFTER_MS) return false;
    if (this.#saidAtMs.size >= MAX_REMEMBERED) this.#saidAtMs.clear();
    this.#saidAtMs.set(what, nowMs);
    return true;
  }
}
