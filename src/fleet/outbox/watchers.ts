/** Between two states for one who follows. One of a run on 1,000 nodes takes some 20 ms to make, and nobody reads faster. */
const EVERY_MS = 100;

/** Who waits for changes of a run. */
export class Watchers {
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #after: (act: () => void, afterMs: number) => () => void;
  #isClosed = false;

  /** @param after calls once after a time; returns how to call that off */
  constructor(after: (act: () => void, afterMs: number) => () => void) {
    this.#after = after;
  }

  changed(owner: string, run: string): void {
    for (const wake of this.#waiting.get(keyOf(owner, run)) ?? []) wake();
  }

  /**
   * What `read` returns, now and whenever the run has changed, until it says so, or `signal` does. Changes close together
   * are one. Bounded by the connections that the web takes.
   */
  async *follow<T>(
    { owner, run, signal }: { readonly owner: string; readonly run: string; readonly signal: AbortSignal },
    read: () => Promise<{ readonly value: T; readonly isLast: boolean } | undefined>,
  ): AsyncGenerator<T> {
    const key = keyOf(owner, run);
    let [hasChanged, isEarly] = [true, false];
    let wake = (): void => undefined;
    let callOff = (): void => undefined;
    const onChange = () => {
      hasChanged = true;
      wake();
    };
    const all = this.#waiting.get(key) ?? new Set();
    this.#waiting.set(key, all.add(onChange));
    signal.addEventListener("abort", onChange);
    try {
      while (!signal.aborted && !this.#isClosed) {
        if (!hasChanged || isEarly) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          continue;
        }
        hasChanged = false;
        // What changes from here on is another state.
        const state = await read();
        if (state === undefined || signal.aborted) return;
        yield state.value;
        if (state.isLast) return;
        isEarly = true;
        callOff = this.#after(() => {
          isEarly = false;
          wake();
        }, EVERY_MS);
      }
    } finally {
      callOff();
      signal.removeEventListener("abort", onChange);
      all.delete(onChange);
      if (all.size === 0 && this.#waiting.get(key) === all) this.#waiting.delete(key);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const all of this.#waiting.values()) for (const wake of all) wake();
  }
}

function keyOf(owner: string, run: string): string {
  return `${owner}\0${run}`;
}
