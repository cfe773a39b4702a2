/** The collector sends a beat every 10 s: after this long without anything, the connection is dead. */
const SILENT_AFTER_MS = 25_000;
/** A beat is overdue: reason enough to connect again when the machine wakes or its network is back. */
export const OVERDUE_AFTER_MS = 12_000;
/** A machine notices within this time of waking that it slept. */
export const CHECK_EVERY_MS = 5_000;

interface SilenceWatchOptions {
  readonly after: (ms: number, call: () => void) => () => void;
  /** Time of day: unlike steady time it continues while the machine sleeps. */
  readonly wallMs: () => number;
  readonly onSilent: () => void;
}

/**
 * Detects a connection that is open but dead: a proxy that swallows data, a pulled cable, a machine that slept. The
 * browser itself reports nothing for many minutes.
 */
export class SilenceWatch {
  readonly #options: SilenceWatchOptions;
  #heardAtMs: number;
  #cancel: (() => void) | undefined;

  constructor(options: SilenceWatchOptions) {
    this.#options = options;
    this.#heardAtMs = options.wallMs();
  }

  /** Time since something was last heard. */
  get silentMs(): number {
    return Math.max(0, this.#options.wallMs() - this.#heardAtMs);
  }

  /** Call for every message. */
  heard(): void {
    this.#heardAtMs = this.#options.wallMs();
  }

  /** Call when a connection begins. It gets the full time from now on; `silentMs` still counts from before. */
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
