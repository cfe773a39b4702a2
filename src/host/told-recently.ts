const TELL_AGAIN_AFTER_MS = 600_000;
/** A stranger may come with ever new certificates: beyond this, what was said is forgotten. */
const MAX_REMEMBERED = 4_096;

/** Knows what was said in the last ten minutes: a relay that is refused comes again every second. */
export class ToldRecently {
  readonly #nowMs: () => number;
  readonly #toldAtMs = new Map<string, number>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Whether to say this now. */
  isNew(what: string): boolean {
    const nowMs = this.#nowMs();
    const toldAtMs = this.#toldAtMs.get(what);
    if (toldAtMs !== undefined && nowMs - toldAtMs < TELL_AGAIN_AFTER_MS) return false;
    if (this.#toldAtMs.size >= MAX_REMEMBERED) this.#toldAtMs.clear();
    this.#toldAtMs.set(what, nowMs);
    return true;
  }
}
