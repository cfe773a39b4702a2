import { HttpError } from "./http-error.ts";

/** Downloads that run at once, a limited number for each user: each reads as fast as its client does. */
export class DownloadPlaces {
  readonly #maxPerUser: number;
  readonly #running = new Map<number, number>();

  constructor(maxPerUser: number) {
    this.#maxPerUser = maxPerUser;
  }

  /** Throws a 429 where all are taken. */
  check(uid: number): void {
    const running = this.#running.get(uid) ?? 0;
    if (running < this.#maxPerUser) return;
    const message = `Cannot start a download: ${running} are running, limit is ${this.#maxPerUser}`;
    throw new HttpError({ status: 429, code: "too_many", message, retryAfterSeconds: 1 });
  }

  /** Returns what gives it back. */
  take(uid: number): () => void {
    this.#running.set(uid, (this.#running.get(uid) ?? 0) + 1);
    return () => {
      const others = (this.#running.get(uid) ?? 1) - 1;
      if (others > 0) this.#running.set(uid, others);
      else this.#running.delete(uid);
    };
  }
}
