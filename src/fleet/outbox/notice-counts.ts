/** A user on a node; a node's errors have an empty user. */
interface Of {
  readonly node: string;
  readonly user: string;
}

/** Numbers of stored notices: in total, of a node, of a user there. Holds no zeros, so the notices bound it. */
export class NoticeCounts {
  readonly #nodes = new Map<string, { all: number; readonly ofUser: Map<string, number> }>();
  #all = 0;

  constructor(stored: readonly (Of & { readonly count: number })[]) {
    for (const { count, ...of } of stored) this.#change(of, count);
  }

  get all(): number {
    return this.#all;
  }

  ofNode(node: string): number {
    return this.#nodes.get(node)?.all ?? 0;
  }

  ofUser({ node, user }: Of): number {
    return this.#nodes.get(node)?.ofUser.get(user) ?? 0;
  }

  add(of: Of): void {
    this.#change(of, 1);
  }

  remove(of: Of): void {
    this.#change(of, -1);
  }

  #change({ node, user }: Of, by: number): void {
    const of = this.#nodes.get(node) ?? { all: 0, ofUser: new Map<string, number>() };
    this.#nodes.set(node, of);
    const left = (of.ofUser.get(user) ?? 0) + by;
    if (left > 0) of.ofUser.set(user, left);
    else of.ofUser.delete(user);
    of.all += by;
    this.#all += by;
    if (of.all === 0) this.#nodes.delete(node);
  }
}
