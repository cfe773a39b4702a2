import type { Item } from "../feed/log-row.ts";

/** Height of an unwrapped row. The style sheet has the same (`--row`). */
export const ROW_PX = 20;

/** Heights of wrapped rows: measured where they have been drawn, guessed from their length elsewhere. */
export class WrappedHeights {
  #measured = new WeakMap<Item, number>();
  #columns = 80;

  /** Another width invalidates all measurements. */
  setColumns(columns: number): void {
    if (columns === this.#columns) return;
    this.#columns = Math.max(1, columns);
    this.#measured = new WeakMap();
  }

  /** Returns whether the height differs from the known or estimated one. */
  measured(item: Item, px: number): boolean {
    if (this.of(item) === px) return false;
    this.#measured.set(item, px);
    return true;
  }

  of(item: Item): number {
    const known = this.#measured.get(item);
    if (known !== undefined) return known;
    const characters = item.kind === "hole" ? 0 : item.text.length;
    return ROW_PX * Math.max(1, Math.ceil(characters / this.#columns));
  }
}
