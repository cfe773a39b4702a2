/** Runs a few tasks at a time; others wait in line, up to a limit. */
export class AskQueue {
  readonly #limits: { readonly maxRunning: number; readonly maxWaiting: number };
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(limits: { readonly maxRunning: number; readonly maxWaiting: number }) {
    this.#limits = limits;
  }

  /** Whether a task would have to wait. */
  get isBusy(): boolean {
    return this.#running >= this.#limits.maxRunning;
  }

  get isFull(): boolean {
    return this.isBusy && this.#waiting.length >= this.#limits.maxWaiting;
  }

  get isIdle(): boolean {
    return this.#running === 0;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Settles as the task does. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.isBusy) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    try {
      return await task();
    } finally {
      // Passes the place to the next in line, if any.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
