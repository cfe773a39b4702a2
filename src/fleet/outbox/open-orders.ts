/** An order that a node has not settled. */
interface OpenOrder {
  readonly owner: string;
  readonly run: string;
  readonly node: string;
  readonly expires: number;
  /** The node has not confirmed the order yet; otherwise only its end is awaited. */
  isUntaken: boolean;
  /** It waits for the batch before it. */
  isHeld: boolean;
  /** A user cancelled it, and the node has not reported its end. */
  isCancelled: boolean;
  /** Steady time; undefined: not sent since the collector's start. */
  firstSentMs: number | undefined;
  lastSentMs: number;
}

/** Open orders by node, bounded by the limits of `OrderBook`. */
export class OpenOrders {
  readonly #byNode = new Map<string, Map<string, OpenOrder>>();
  readonly #ofOwner = new Map<string, number>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  ofOwner(owner: string): number {
    return this.#ofOwner.get(owner) ?? 0;
  }

  add(order: OpenOrder): void {
    const ofNode = this.#byNode.get(order.node) ?? new Map<string, OpenOrder>();
    this.#byNode.set(order.node, ofNode);
    const key = keyOf(order);
    if (!ofNode.has(key)) this.#count(order.owner, 1);
    ofNode.set(key, order);
  }

  get(of: { owner: string; run: string; node: string }): OpenOrder | undefined {
    return this.#byNode.get(of.node)?.get(keyOf(of));
  }

  /** Returns the removed order. */
  remove(of: { owner: string; run: string; node: string }): OpenOrder | undefined {
    const ofNode = this.#byNode.get(of.node);
    const order = ofNode?.get(keyOf(of));
    if (ofNode?.delete(keyOf(of)) === true) this.#count(of.owner, -1);
    if (ofNode?.size === 0) this.#byNode.delete(of.node);
    return order;
  }

  of(node: string): readonly OpenOrder[] {
    return [...(this.#byNode.get(node)?.values() ?? [])];
  }

  *all(): Generator<OpenOrder> {
    for (const ofNode of this.#byNode.values()) yield* ofNode.values();
  }

  #count(owner: string, by: 1 | -1): void {
    const ofOwner = this.ofOwner(owner) + by;
    if (ofOwner > 0) this.#ofOwner.set(owner, ofOwner);
    else this.#ofOwner.delete(owner);
    this.#size += by;
  }
}

/** No name of a user has a NUL. */
function keyOf({ owner, run }: { owner: string; run: string }): string {
  return `${owner}\0${run}`;
}
