const SAY_AGAIN_AFTER_MS = 600_000;
/** A stranger may come with ever new certificates: beyond this, what was said is forgotten. */
const MAX_REMEMBERED = 4_096;

/** Says equal things once in ten minutes: a relay that is refused comes again every second. */
export class LogThrottle {
  readonly #nowMs: () => number;
  readonly #saidAtMs = new Map<string, number>();

  /** @param nowMs Steady. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Whether to say this now. A yes counts as said. */
  isDue(what: string): boolean {
    const nowMs = this.#nowMs();
    const saidAtMs = this.#saidAtMs.get(what);
    if (saidAtMs !== undefined && nowMs - saidAtMs < SAY_AGAIN_AFTER_MS) return false;
    if (this.#saidAtMs.size >= MAX_REMEMBERED) this.#saidAtMs.clear();
    this.#saidAtMs.set(what, nowMs);
    return true;
  }
}
