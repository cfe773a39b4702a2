import type { SlotIdentity } from "../../frame/slot-identity.ts";

/**
 * Executions whose files are in use by others than their writer: read for a search or a download, merged or rewritten.
 * Retention leaves these for its next sweep. Holds an entry only while a use lasts.
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
