/** Least time between two states for a follower: one of a run on 1,000 nodes takes some 20 ms to make, and nobody reads faster. */
const EVERY_MS = 100;

/** A run's state from `read`. */
interface Read<T> {
  readonly value: T;
  readonly isLast: boolean;
  /** Multiples of `EVERY_MS` until a follower gets the next one. */
  readonly pace: number;
}

/** Followers of one run, and the state that they share. `state` undefined: the run has changed since, or was not read. */
interface Followed<T> {
  readonly wakes: Set<() => void>;
  state: Promise<Read<T> | undefined> | undefined;
}

interface WatchersOptions<T> {
  /** Calls once after a time; returns how to call that off. */
  readonly after: (act: () => void, afterMs: number) => () => void;
  /** Undefined: there is no such run. */
  readonly read: (owner: string, run: string) => Promise<Read<T> | undefined>;
}

/** Followers of runs. Each state is made once for all followers of its run. */
export class Watchers<T> {
  readonly #options: WatchersOptions<T>;
  readonly #followed = new Map<string, Followed<T>>();
  #isClosed = false;

  constructor(options: WatchersOptions<T>) {
    this.#options = options;
  }

  changed(owner: string, run: string): void {
    const followed = this.#followed.get(keyOf(owner, run));
    if (followed === undefined) return;
    followed.state = undefined;
    for (const wake of followed.wakes) wake();
  }

  /**
   * Yields the run's state now and after changes, until it is the last one or `signal` aborts. Changes close together are one. The
   * web bounds the number of followers.
   */
  async *follow({
    owner,
    run,
    signal,
  }: {
    readonly owner: string;
    readonly run: string;
    readonly signal: AbortSignal;
  }): AsyncGenerator<T> {
    const { after, read } = this.#options;
    const key = keyOf(owner, run);
    let [hasChanged, isEarly] = [true, false];
    let wake = (): void => undefined;
    let callOff = (): void => undefined;
    const onChange = () => {
      hasChanged = true;
      wake();
    };
    const followed = this.#followed.get(key) ?? { wakes: new Set(), state: undefined };
    this.#followed.set(key, followed);
    followed.wakes.add(onChange);
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
        // A change from here on clears it, and is in the next state.
        followed.state ??= read(owner, run);
        const state = await followed.state;
        if (state === undefined || signal.aborted) return;
        yield state.value;
        if (state.isLast) return;
        isEarly = true;
        callOff = after(() => {
          isEarly = false;
          wake();
        }, EVERY_MS * state.pace);
      }
    } finally {
      callOff();
      signal.removeEventListener("abort", onChange);
      followed.wakes.delete(onChange);
      if (followed.wakes.size === 0 && this.#followed.get(key) === followed) this.#followed.delete(key);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const { wakes } of this.#followed.values()) for (const wake of wakes) wake();
  }
}

function keyOf(owner: string, run: string): string {
  return `${owner}\0${run}`;
}
