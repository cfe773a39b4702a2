import type { Item } from "../feed/log-row.ts";
import { HEAD_CHARACTERS } from "./row-segments.ts";

/** Height of an unwrapped row. The style sheet has the same value (`--row`). */
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

  /** Whether the row has not been drawn at this width. */
  isGuess(item: Item): boolean {
    return !this.#measured.has(item);
  }

  /** Returns how much higher the row is than known or guessed before. */
  measured(item: Item, px: number): number {
    const byPx = px - this.of(item);
    this.#measured.set(item, px);
    return byPx;
  }

  of(item: Item): number {
    const known = this.#measured.get(item);
    if (known !== undefined) return known;
    const characters = item.kind === "hole" ? 0 : Math.min(item.text.length, HEAD_CHARACTERS);
    return ROW_PX * Math.max(1, Math.ceil(characters / this.#columns));
  }
}
