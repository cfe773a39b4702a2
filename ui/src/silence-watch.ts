/** The collector says something every 10 s: after this long without anything, nothing comes through any more. */
const SILENT_AFTER_MS = 25_000;
/** A beat is overdue: reason enough to connect again when the machine wakes or its network is back. */
export const OVERDUE_AFTER_MS = 12_000;
/** A machine that slept notices within this time of waking. */
export const CHECK_EVERY_MS = 5_000;

interface SilenceWatchOptions {
  readonly after: (ms: number, call: () => void) => () => void;
  /** Time of day: unlike steady time it goes on while the machine sleeps. */
  readonly wallMs: () => number;
  readonly onSilent: () => void;
}

/**
 * Notices a connection that is open and dead: a proxy that swallows, a cable that was pulled, a machine that slept. The
 * browser itself says nothing for many minutes.
 */
export class SilenceWatch {
  readonly #options: SilenceWatchOptions;
  #heardAtMs: number;
  #cancel: (() => void) | undefined;

  constructor(options: SilenceWatchOptions) {
    this.#options = options;
    this.#heardAtMs = options.wallMs();
  }

  /** Since something was heard. */
  get silentMs(): number {
    return Math.max(0, this.#options.wallMs() - this.#heardAtMs);
  }

  /** Something came. Called for every message. */
  heard(): void {
    this.#heardAtMs = this.#options.wallMs();
  }

  /** A connection begins: it has all the time from now on, and the silence before it still counts as one. */
  start(): void {
    this.stop();
    this.#checkIn(this.#options.wallMs() + SILENT_AFTER_MS);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #checkIn(dueAtMs: number): void {
    const waitMs = Math.min(CHECK_EVERY_MS, dueAtMs - this.#options.wallMs());
    this.#cancel = this.#options.after(waitMs, () => {
      this.#cancel = undefined;
      const nowMs = this.#options.wallMs();
      // A clock that was set back must not make the silence longer.
      this.#heardAtMs = Math.min(this.#heardAtMs, nowMs);
      const nextMs = Math.max(dueAtMs, this.#heardAtMs + SILENT_AFTER_MS);
      if (nowMs >= nextMs) this.#options.onSilent();
      else this.#checkIn(Math.min(nextMs, nowMs + SILENT_AFTER_MS));
    });
  }
}
