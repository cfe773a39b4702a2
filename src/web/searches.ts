import { HttpError } from "./http-error.ts";

/** Searches of one user waiting for the running one: enough for quick typing in a few windows. */
const MAX_WAITING = 8;

interface Places {
  last: Promise<void>;
  waiting: number;
}

/** Runs at most one search of each user at a time. */
export class Searches {
  readonly #places = new Map<number, Places>();

  /** @param isWanted False if the client has gone: then the search is not started, and the result is undefined. */
  async run<T>(uid: number, options: { isWanted: () => boolean; search: () => Promise<T> }): Promise<T | undefined> {
    const { isWanted, search } = options;
    const places = this.#places.get(uid) ?? { last: Promise.resolve(), waiting: 0 };
    if (places.waiting > MAX_WAITING) {
      const message = `Cannot search: ${MAX_WAITING} searches wait, limit is ${MAX_WAITING}`;
      throw new HttpError({ status: 429, code: "too_many", message, retryAfterSeconds: 1 });
    }
    this.#places.set(uid, places);
    places.waiting += 1;
    const mine = places.last.then(() => (isWanted() ? search() : undefined));
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
