import { indexOfPlace } from "../feed/log-items.ts";
import type { LogPosition } from "../feed/log-position.ts";
import type { Item } from "../feed/log-row.ts";
import type { LogSource } from "../feed/log-source.ts";
import type { RowOrder, RowPlace } from "../feed/row-order.ts";
import { compareRows } from "../feed/row-order.ts";
import { ROW_PX } from "./row-heights.ts";
import type { RowHeights, Slice } from "./row-scroll.ts";
import { endAnchor, isBehind, scrollAnchor, sliceAt } from "./row-scroll.ts";

/** Rows drawn beyond both edges, so that the wheel shows no gap; fewer at the end, where each line moves all rows. */
const OVERSCAN_ROWS = 12;
const PINNED_OVERSCAN_ROWS = 2;

/** Rows kept drawn for a selection that scrolled out of view. */
const MAX_SELECTED_ROWS = 1_000;

interface LogViewportOptions {
  readonly order: RowOrder;
  readonly heightOf: (item: Item) => number;
}

/** First and last row with selected text. */
export type SelectedPlaces = readonly [RowPlace, RowPlace];

/**
 * Which rows are in view. The position is a row and how much of it is above the upper edge, so that the visible text
 * does not move when rows are added, dropped or filtered before it.
 */
export class LogViewport {
  heightPx = 0;
  items: readonly Item[] = [];
  /** The view stays at the end, whatever arrives. */
  isPinned = true;
  readonly #order: RowOrder;
  readonly #heightOf: (item: Item) => number;
  readonly #compare: (a: RowPlace, b: RowPlace) => number;
  #place: RowPlace | undefined;
  #offset = 0;

  constructor({ order, heightOf }: LogViewportOptions) {
    this.#order = order;
    this.#heightOf = heightOf;
    this.#compare = compareRows(order);
  }

  /** Index of the row at the upper edge. */
  get topIndex(): number {
    return this.#anchor.index;
  }

  /** Index of the last row in view, even if only partly. */
  get bottomIndex(): number {
    return sliceAt(this.#anchor, 0, { heights: this.#heights, viewportPx: this.heightPx }).to - 1;
  }

  get isAtEnd(): boolean {
    return !isBehind(endAnchor(this.#heights, this.heightPx), this.#anchor);
  }

  /** Moves by pixels, down if positive. Returns how many were beyond the first or last row. */
  scrollBy(deltaPx: number): number {
    const view = { heights: this.#heights, viewportPx: this.heightPx };
    const { anchor, beyondPx } = scrollAnchor(this.#anchor, deltaPx, view);
    this.#stay(anchor);
    return beyondPx;
  }

  /** Call when a row is `byPx` higher than estimated. Its visible part stays in place, as do the rows after it. */
  corrected(item: Item, byPx: number): void {
    if (this.#place === undefined || this.#offset === 0 || this.#compare(item, this.#place) !== 0) return;
    this.#offset += byPx;
  }

  /** Goes to a position among the items. Does nothing for the end: a pinned view goes there by itself. */
  show(position: LogPosition, sources: readonly Pick<LogSource, "execution" | "index">[]): void {
    if (position.at === "line") {
      const abovePx = position.align === "top" ? 0 : Math.floor(this.heightPx / 3 / ROW_PX) * ROW_PX;
      this.showIndex(this.#indexOfLine(position.n), abovePx);
    } else if (position.at === "time") {
      const source = sources.find(({ execution }) => execution.x === position.row?.x)?.index ?? 0;
      this.showIndex(this.#indexOfTime({ time: position.time, source, n: position.row?.n ?? 0 }));
    }
  }

  /** Puts a row at the upper edge, or `abovePx` below it. */
  showIndex(index: number, abovePx = 0): void {
    this.#stay({ index: Math.max(0, Math.min(index, this.items.length - 1)), offset: 0 });
    // Called even without movement, to stay within the end.
    this.scrollBy(-abovePx);
  }

  /** The rows to draw, including those with selected text. */
  slice(selected: SelectedPlaces | undefined): Slice {
    const overscan = this.isPinned ? PINNED_OVERSCAN_ROWS : OVERSCAN_ROWS;
    const slice = sliceAt(this.#anchor, overscan, { heights: this.#heights, viewportPx: this.heightPx });
    if (selected === undefined) return slice;
    const first = indexOfPlace(this.items, selected[0], this.#compare);
    const last = indexOfPlace(this.items, selected[1], this.#compare);
    const from = Math.max(Math.min(slice.from, first), slice.from - MAX_SELECTED_ROWS);
    const to = Math.min(Math.max(slice.to, last + 1), slice.to + MAX_SELECTED_ROWS, this.items.length);
    let { y } = slice;
    for (let index = from; index < slice.from; index += 1) y -= this.#heights.at(index);
    return { from, to, y };
  }

  /** Index of the row that holds line `n` of an execution, or of the next row after it. */
  #indexOfLine(n: number): number {
    const behind = indexOfPlace(this.items, { source: 0, n, time: "" }, this.#compare);
    const before = this.items[behind - 1];
    return before !== undefined && before.to >= n ? behind - 1 : behind;
  }

  /** Index of the first row at or after a time. In one execution lines are in order, their times nearly so. */
  #indexOfTime(place: RowPlace): number {
    const beside = place.n === 0 ? -1 : this.items.findIndex((item) => isBeside(item, place));
    if (beside >= 0) return beside;
    if (this.#order === "time") return indexOfPlace(this.items, place, this.#compare);
    const found = this.items.findIndex(({ time }) => time >= place.time);
    return found < 0 ? this.items.length - 1 : found;
  }

  get #heights(): RowHeights {
    const { items } = this;
    return {
      count: items.length,
      at: (index) => {
        const item = items[index];
        return item === undefined ? 0 : this.#heightOf(item);
      },
    };
  }

  get #anchor(): { readonly index: number; readonly offset: number } {
    const view = { heights: this.#heights, viewportPx: this.heightPx };
    if (this.isPinned || this.#place === undefined) return endAnchor(view.heights, view.viewportPx);
    const index = indexOfPlace(this.items, this.#place, this.#compare);
    const item = this.items[index];
    const isThere = item !== undefined && this.#compare(item, this.#place) === 0;
    // If the row became lower, it may lie outside the view: then its neighbours are in view.
    const offset = isThere ? Math.min(this.#offset, view.heights.at(index)) : 0;
    return scrollAnchor({ index, offset }, 0, view).anchor;
  }

  #stay({ index, offset }: { readonly index: number; readonly offset: number }): void {
    this.isPinned = false;
    this.#place = this.items[index];
    this.#offset = offset;
  }
}

/** Whether an item is a row of columns, one of which contains this place. */
function isBeside(item: Item, { source, n }: RowPlace): boolean {
  if (item.kind === "hole" || item.side === undefined) return false;
  return item.side.cells.some((cell) => cell?.source === source && cell.n <= n && cell.to >= n);
}
