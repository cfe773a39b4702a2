/** A request for a turn. */
export interface Claimant {
  /** Addresses that count as one client. */
  readonly group: string;
  readonly user: string;
  /** This user has signed in from there before, and goes first. */
  readonly isKnown: boolean;
}

interface FairQueueOptions {
  readonly maxRunning: number;
  readonly maxWaiting: number;
  readonly maxWaitingPerGroup: number;
  readonly maxWaitMs: number;
}

interface Waiting extends Claimant {
  readonly order: number;
  readonly settle: (hasTurn: boolean) => void;
}

/** Most groups and users whose turns are counted. */
const MAX_COUNTED = 10_000;

/**
 * Few turns at a time. Among those waiting, known users come first, then the address group with fewer turns since the
 * queue was empty, then the user name with fewer, then the longest wait. A crowd of guessers, from one address or from
 * thousands, takes turns from each other before it takes any from others. When too many wait, the last in that order
 * gives up.
 */
export class FairQueue {
  readonly #options: FairQueueOptions;
  readonly #turns = new Map<string, number>();
  #waiting: Waiting[] = [];
  #running = 0;
  #lastOrder = 0;

  constructor(options: FairQueueOptions) {
    this.#options = options;
  }

  /** Resolves with a function that ends the turn, or with undefined if there is no room or the wait was too long. */
  async take(claimant: Claimant): Promise<(() => void) | undefined> {
    if (this.#running < this.#options.maxRunning) this.#begin(claimant);
    else if (!(await this.#wait(claimant))) return undefined;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#end();
    };
  }

  #wait(claimant: Claimant): Promise<boolean> {
    const { maxWaiting, maxWaitingPerGroup, maxWaitMs } = this.#options;
    const ofGroup = this.#waiting.filter(({ group }) => group === claimant.group);
    if (ofGroup.length >= maxWaitingPerGroup) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.#lastOrder += 1;
      const timer = setTimeout(() => this.#giveUp(waiting), maxWaitMs);
      const settle = (hasTurn: boolean) => {
        clearTimeout(timer);
        resolve(hasTurn);
      };
      const waiting = { ...claimant, order: this.#lastOrder, settle };
      this.#waiting.push(waiting);
      if (this.#waiting.length > maxWaiting) this.#giveUp(this.#sorted().at(-1));
    });
  }

  #begin({ group, user }: Claimant): void {
    this.#running += 1;
    if (this.#turns.size > MAX_COUNTED) this.#turns.clear();
    for (const key of [groupKey(group), userKey(user)]) this.#turns.set(key, this.#turnsOf(key) + 1);
  }

  #end(): void {
    this.#running -= 1;
    const [next] = this.#sorted();
    if (next === undefined) {
      if (this.#running === 0) this.#turns.clear();
      return;
    }
    this.#waiting = this.#waiting.filter((each) => each !== next);
    this.#begin(next);
    next.settle(true);
  }

  #giveUp(waiting: Waiting | undefined): void {
    this.#waiting = this.#waiting.filter((each) => each !== waiting);
    waiting?.settle(false);
  }

  #sorted(): Waiting[] {
    const before = (a: Waiting, b: Waiting) =>
      Number(b.isKnown) - Number(a.isKnown) ||
      this.#turnsOf(groupKey(a.group)) - this.#turnsOf(groupKey(b.group)) ||
      this.#turnsOf(userKey(a.user)) - this.#turnsOf(userKey(b.user)) ||
      a.order - b.order;
    return this.#waiting.toSorted(before);
  }

  #turnsOf(key: string): number {
    return this.#turns.get(key) ?? 0;
  }
}

function groupKey(group: string): string {
  return `group ${group}`;
}

function userKey(user: string): string {
  return `user ${user}`;
}
