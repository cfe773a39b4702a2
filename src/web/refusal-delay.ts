/** The time between a login and its refusal: at least this, and up to so much more. About what sshd and login take. */
const LEAST_MS = 2_000;
const SPREAD_MS = 1_000;

export interface RefusalDelayOptions {
  /** Steady. */
  readonly nowMs: () => number;
  /** From 0 to 1. */
  readonly random?: () => number;
  readonly after?: (ms: number) => Promise<void>;
}

/**
 * Every refusal of a login leaves after the same distribution of times, so that nobody learns from its time why it was
 * refused: an unknown user, root, a wrong password, an account that has expired.
 */
export class RefusalDelay {
  readonly #nowMs: () => number;
  readonly #random: () => number;
  readonly #after: (ms: number) => Promise<void>;

  constructor(options: RefusalDelayOptions) {
    this.#nowMs = options.nowMs;
    this.#random = options.random ?? Math.random;
    this.#after = options.after ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms)));
  }

  /** @param askedAtMs when the login was asked for; what took longer than one delay waits for the end of the next. */
  async wait(askedAtMs: number): Promise<void> {
    const delayMs = LEAST_MS + this.#random() * SPREAD_MS;
    const takenMs = Math.max(0, this.#nowMs() - askedAtMs);
    await this.#after(Math.ceil(takenMs / delayMs || 1) * delayMs - takenMs);
  }
}
