/** Lines of several nodes printed at the same time arrive within this time of each other. */
const WAITS_MS = 200;
/** More wait for nobody. */
const MAX_WAITING = 20_000;

interface Waiting<T> {
  readonly item: T;
  readonly atMs: number;
  readonly arrivedMs: number;
}

/** Puts what arrives in the order of time, as far as it arrives at about the same time. */
export class TimeOrder<T> {
  readonly #print: (item: T) => Promise<void>;
  readonly #nowMs: () => number;
  #waiting: Waiting<T>[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Chain of prints: one after the other. */
  #printed: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;

  constructor(print: (item: T) => Promise<void>, nowMs: () => number) {
    this.#print = print;
    this.#nowMs = nowMs;
  }

  /** Resolves at once, unless the reader is slow. */
  async add(item: T, atMs: number): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    this.#waiting.push({ item, atMs, arrivedMs: this.#nowMs() });
    this.#timer ??= setTimeout(() => this.#tick(), WAITS_MS);
    if (this.#waiting.length >= MAX_WAITING) await this.end();
  }

  /** Prints all that waits. */
  async end(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#handOver(Number.POSITIVE_INFINITY);
    await this.#printed;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #tick(): void {
    this.#handOver(this.#nowMs() - WAITS_MS);
    this.#timer = this.#waiting.length === 0 ? undefined : setTimeout(() => this.#tick(), WAITS_MS);
  }

  /** Everything up to the newest line that has waited long enough. */
  #handOver(arrivedMs: number): void {
    const due = this.#waiting.filter((each) => each.arrivedMs <= arrivedMs);
    if (due.length === 0) return;
    const lastMs = due.reduce((last, { atMs }) => Math.max(last, atMs), Number.NEGATIVE_INFINITY);
    // Sorting is stable: lines of one node stay in their order.
    const ready = this.#waiting.filter(({ atMs }) => atMs <= lastMs).sort((a, b) => a.atMs - b.atMs);
    this.#waiting = this.#waiting.filter(({ atMs }) => atMs > lastMs);
    this.#printed = this.#printed
      .then(async () => {
        for (const { item } of ready) await this.#print(item);
      })
      .catch((error: unknown) => {
        this.#failure ??= { error };
      });
  }
}
