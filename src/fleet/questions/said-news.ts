import type { AskedNode } from "../../wire/fleet/asked-node.ts";

/** Collects nodes' messages about a question, and hands over those of one turn of the event loop together. */
export class SaidNews {
  readonly #onSaid: ((said: readonly AskedNode[]) => void) | undefined;
  /** At most two of a node: that it has begun, and its answer. */
  #waiting: AskedNode[] = [];

  /** @param onSaid undefined: nobody listens. */
  constructor(onSaid: ((said: readonly AskedNode[]) => void) | undefined) {
    this.#onSaid = onSaid;
  }

  add(said: AskedNode): void {
    if (this.#onSaid === undefined) return;
    if (this.#waiting.length === 0) setImmediate(() => this.flush());
    this.#waiting.push(said);
  }

  /** Hands over at once. Call it when the question has ended. */
  flush(): void {
    const said = this.#waiting;
    this.#waiting = [];
    if (said.length > 0) this.#onSaid?.(said);
  }
}
