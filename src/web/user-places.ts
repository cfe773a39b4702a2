import { HttpError } from "./http-error.ts";

interface UserPlacesOptions {
  /** Completes refusals: "start a download". */
  readonly what: string;
  /** Most places of each user. */
  readonly most: number;
  readonly retryAfterSeconds: number;
}

/** Bounds long answers: so many at once for each user. */
export class UserPlaces {
  readonly #options: UserPlacesOptions;
  readonly #taken = new Map<number, number>();

  constructor(options: UserPlacesOptions) {
    this.#options = options;
  }

  /** Throws a 429 if all places are taken. */
  check(uid: number): void {
    const { what, most, retryAfterSeconds } = this.#options;
    const taken = this.#taken.get(uid) ?? 0;
    if (taken < most) return;
    const message = `Cannot ${what}: ${taken} are running, limit is ${most}`;
    throw new HttpError({ status: 429, code: "too_many", message, retryAfterSeconds });
  }

  /** Takes a place. Returns a function that gives it back. */
  take(uid: number): () => void {
    this.#taken.set(uid, (this.#taken.get(uid) ?? 0) + 1);
    return () => {
      const others = (this.#taken.get(uid) ?? 1) - 1;
      if (others > 0) this.#taken.set(uid, others);
      else this.#taken.delete(uid);
    };
  }

  /** Takes a place until `act` has ended. */
  async hold(uid: number, act: () => Promise<void>): Promise<void> {
    this.check(uid);
    const leave = this.take(uid);
    try {
      await act();
    } finally {
      leave();
    }
  }
}
