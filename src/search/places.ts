import { Problem } from "../wire/request-members.ts";
import { SearchRefusal } from "../wire/search-refusal.ts";
import { SEARCH_LIMITS } from "./limits.ts";

export interface PlaceLimits {
  /** Searches at a time, of one user and of all. */
  readonly searchesPerUser: number;
  readonly searches: number;
}

interface Waiting {
  readonly uid: number;
  readonly begin: () => void;
}

/** A search's place: it runs once `begun` resolves, until `leave`. */
export interface Place {
  /** Its position in the queue, from 1; 0 once it has begun. */
  readonly ahead: number;
  readonly begun: Promise<void>;
  leave(): void;
}

/** Shares a number of searches between users. Those who wait begin in order; a user at their own limit is passed over. */
export class Places {
  readonly #limits: PlaceLimits;
  readonly #running = new Map<number, number>();
  #total = 0;
  #waiting: Waiting[] = [];

  constructor(limits: PlaceLimits) {
    this.#limits = limits;
  }

  get running(): number {
    return this.#total;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Throws a SearchRefusal if too many wait. */
  ask(uid: number): Place {
    if (this.#hasRoom(uid)) {
      this.#count(uid, 1);
      return { ahead: 0, begun: Promise.resolve(), leave: this.#leave(uid) };
    }
    const own = this.#waiting.filter((other) => other.uid === uid).length;
    const { maxWaitingPerUser, maxWaiting } = SEARCH_LIMITS;
    if (own >= maxWaitingPerUser)
      throw new SearchRefusal("busy", new Problem("searches-of-user", { count: own, limit: maxWaitingPerUser }));
    if (this.#waiting.length >= maxWaiting)
      throw new SearchRefusal("busy", new Problem("searches", { count: maxWaiting, limit: maxWaiting }));
    return this.#wait(uid);
  }

  #wait(uid: number): Place {
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const waiting = { uid, begin };
    this.#waiting.push(waiting);
    const leave = this.#leave(uid);
    const ahead = (): number => this.#waiting.indexOf(waiting) + 1;
    return {
      get ahead() {
        return ahead();
      },
      begun,
      leave: () => {
        const at = this.#waiting.indexOf(waiting);
        if (at < 0) leave();
        else this.#waiting.splice(at, 1);
      },
    };
  }

  #leave(uid: number): () => void {
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      this.#count(uid, -1);
      for (const waiting of [...this.#waiting]) {
        if (!this.#hasRoom(waiting.uid)) continue;
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        this.#count(waiting.uid, 1);
        waiting.begin();
      }
    };
  }

  #hasRoom(uid: number): boolean {
    return this.#total < this.#limits.searches && (this.#running.get(uid) ?? 0) < this.#limits.searchesPerUser;
  }

  #count(uid: number, by: 1 | -1): void {
    const running = (this.#running.get(uid) ?? 0) + by;
    if (running === 0) this.#running.delete(uid);
    else this.#running.set(uid, running);
    this.#total += by;
  }
}
