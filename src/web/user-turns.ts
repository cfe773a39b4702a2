import { HttpError } from "./http-error.ts";

interface UserTurnsOptions {
  /** Used in refusals: "searches". */
  readonly what: string;
  /** Most that wait for each user's running one. */
  readonly maxWaiting: number;
}

interface Places {
  last: Promise<void>;
  waiting: number;
}

/** Runs at most one piece of work of each user at a time: many requests of one delay nobody else by more than one. */
export class UserTurns {
  readonly #options: UserTurnsOptions;
  readonly #places = new Map<number, Places>();

  constructor(options: UserTurnsOptions) {
    this.#options = options;
  }

  /** @param isWanted False if the client has gone: then the work is not started, and the result is undefined. */
  async run<T>(uid: number, options: { isWanted: () => boolean; work: () => Promise<T> }): Promise<T | undefined> {
    const { isWanted, work } = options;
    const { what, maxWaiting } = this.#options;
    const places = this.#places.get(uid) ?? { last: Promise.resolve(), waiting: 0 };
    if (places.waiting > maxWaiting) {
      const message = `Too many ${what} at once: ${maxWaiting} wait, which is the limit`;
      throw new HttpError({ status: 429, code: "too_many", message, retryAfterSeconds: 1 });
    }
    this.#places.set(uid, places);
    places.waiting += 1;
    const mine = places.last.then(() => (isWanted() ? work() : undefined));
    places.last = mine.then(
      () => undefined,
      () => undefined,
    );
    try {
      return await mine;
    } finally {
      places.waiting -= 1;
      if (places.waiting === 0) this.#places.delete(uid);
    }
  }
}
