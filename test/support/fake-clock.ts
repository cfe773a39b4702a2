interface Timer {
  readonly atMs: number;
  readonly call: () => void;
}

/** Time that passes only when a test says so: limits are checked to the millisecond and cost no waiting. */
export class FakeClock {
  #nowMs = 0;
  readonly #timers = new Set<Timer>();
  #afterReading: (() => void)[] = [];

  elapsedMs(): number {
    return this.#nowMs;
  }

  /** Calls back when `advance` has passed `ms`. Returns a function that cancels it. */
  after(ms: number, call: () => void): () => void {
    const timer = { atMs: this.#nowMs + ms, call };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Calls back when `hasRead` is called. */
  afterReading(call: () => void): void {
    this.#afterReading.push(call);
  }

  /** Acts as if waiting data had been read. */
  hasRead(): void {
    for (const call of this.#afterReading.splice(0)) call();
  }

  /** Timers that neither fired nor were cancelled. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets time pass and fires what falls due, in order, each at its own moment. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (let next = this.#next(); next !== undefined && next.atMs <= untilMs; next = this.#next()) this.#fire(next);
    this.#nowMs = untilMs;
  }

  /** Lets time pass until the next timer has fired. */
  advanceToNext(): void {
    const next = this.#next();
    if (next !== undefined) this.#fire(next);
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer);
    this.#nowMs = timer.atMs;
    timer.call();
  }

  #next(): Timer | undefined {
    return [...this.#timers].sort((a, b) => a.atMs - b.atMs)[0];
  }
}
