interface Named {
  readonly user: string;
  readonly run: string;
}

/** Requests that wait for nodes' answers, by user and id. Bounded in total and for each user, to leave places for others. */
export class OpenAsks<T> {
  readonly #limits: { readonly most: number; readonly mostOfUser: number };
  readonly #open = new Map<string, T>();
  readonly #ofUser = new Map<string, number>();

  constructor(limits: { readonly most: number; readonly mostOfUser: number }) {
    this.#limits = limits;
  }

  /** Whether there is a place for it, and its id is not in use. */
  hasPlaceFor(of: Named): boolean {
    const { most, mostOfUser } = this.#limits;
    const own = this.#ofUser.get(of.user) ?? 0;
    return this.#open.size < most && own < mostOfUser && !this.#open.has(keyOf(of));
  }

  get(of: Named): T | undefined {
    return this.#open.get(keyOf(of));
  }

  /** Call `hasPlaceFor` first. */
  open(of: Named, asked: T): void {
    this.#open.set(keyOf(of), asked);
    this.#ofUser.set(of.user, (this.#ofUser.get(of.user) ?? 0) + 1);
  }

  close(of: Named): void {
    if (!this.#open.delete(keyOf(of))) return;
    const others = (this.#ofUser.get(of.user) ?? 1) - 1;
    if (others > 0) this.#ofUser.set(of.user, others);
    else this.#ofUser.delete(of.user);
  }
}

function keyOf({ user, run }: Named): string {
  return `${user}\0${run}`;
}
