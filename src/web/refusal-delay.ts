/** Time from a login to its refusal: at least the first, plus up to the second. About what sshd and login take. */
const LEAST_MS = 2_000;
const SPREAD_MS = 1_000;

interface RefusalDelayOptions {
  /** Steady. */
  readonly nowMs: () => number;
  /** From 0 to 1. */
  readonly random?: () => number;
  readonly after?: (ms: number) => Promise<void>;
}

/**
 * Makes every refusal of a login take the same distribution of times, so that its time does not reveal its reason: an
 * unknown user, root, a wrong password, an expired account.
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

  /**
   * @param askedAtMs When the login was requested. One that took longer than one delay waits for the end of the next.
   */
  async wait(askedAtMs: number): Promise<void> {
    const delayMs = LEAST_MS + this.#random() * SPREAD_MS;
    const takenMs = Math.max(0, this.#nowMs() - askedAtMs);
    await this.#after(Math.ceil(takenMs / delayMs || 1) * delayMs - takenMs);
  }
}
