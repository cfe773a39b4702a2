import type { AskedNode } from "../../wire/fleet/asked-node.ts";

/** What nodes say to a question, handed over once for all that came in a turn of the event loop. */
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

  /** At once: the question has ended. */
  flush(): void {
    const said = this.#waiting;
    this.#waiting = [];
    if (said.length > 0) this.#onSaid?.(said);
  }
}
