import type { SlotIdentity } from "../../frame/slot-identity.ts";

/**
 * Whose files somebody works with besides their writer: reads them for a search or a download, merges or rewrites them.
 * Retention leaves these executions for its next sweep. Holds an entry only while somebody does.
 */
export class InUse {
  readonly #uses = new Map<string, number>();

  /** Begins a use; the returned function ends it, once however often it is called. */
  take(identity: SlotIdentity): () => void {
    const name = nameOf(identity);
    this.#uses.set(name, (this.#uses.get(name) ?? 0) + 1);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      const others = (this.#uses.get(name) ?? 1) - 1;
      if (others > 0) this.#uses.set(name, others);
      else this.#uses.delete(name);
    };
  }

  has(identity: SlotIdentity): boolean {
    return this.#uses.has(nameOf(identity));
  }

  /** Executions in use. */
  get size(): number {
    return this.#uses.size;
  }
}

function nameOf({ node, x, keyHash }: SlotIdentity): string {
  return `${node}/${x}/${keyHash}`;
}
