export const BACK_OFF = { firstMs: 500, factor: 2, mostMs: 15_000 } as const;

export interface BackOffOptions {
  readonly after: (ms: number, call: () => void) => () => void;
  readonly random: () => number;
}

/** Waits before the next attempt, longer each time up to a limit, until `reset`. One wait at a time. */
export class BackOff {
  readonly #options: BackOffOptions;
  #failures = 0;
  #cancel: (() => void) | undefined;

  constructor(options: BackOffOptions) {
    this.#options = options;
  }

  get isWaiting(): boolean {
    return this.#cancel !== undefined;
  }

  wait(call: () => void): void {
    if (this.isWaiting) return;
    const longestMs = Math.min(BACK_OFF.mostMs, BACK_OFF.firstMs * BACK_OFF.factor ** this.#failures);
    this.#failures += 1;
    // Half fixed, half random: a thousand viewers must not return in the same instant.
    this.#cancel = this.#options.after(longestMs * (0.5 + this.#options.random() / 2), () => {
      this.#cancel = undefined;
      call();
    });
  }

  /** Cancels the wait. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  reset(): void {
    this.#failures = 0;
  }
}
