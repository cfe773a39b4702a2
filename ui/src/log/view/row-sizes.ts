import type { Item, LogRow } from "../feed/log-row.ts";
import { ROW_PX, WrappedHeights } from "./row-heights.ts";
import { HEAD_CHARACTERS } from "./row-segments.ts";

/**
 * Measuring rows may change which are drawn. Each turn measures at least the rows drawn beyond the edge: this many
 * turns fill 3,000 px with one-line rows that were guessed to be longer.
 */
const MAX_MEASURE_TURNS = 12;
/** Approximate width of a character of the log's font, to guess how rows wrap before they are measured. */
const CHARACTER_PX = 7.8;

/** Heights of rows, and the width of the widest one. */
export class RowSizes {
  readonly #wrapped = new WrappedHeights();
  #turns = 0;
  #widest = 0;
  readonly #onCorrected: (item: Item, byPx: number) => void;

  /** `onCorrected`: called when a row with a guessed height is drawn `byPx` higher. */
  constructor(onCorrected: (item: Item, byPx: number) => void) {
    this.#onCorrected = onCorrected;
  }

  heightOf(item: Item, wrap: boolean): number {
    return wrap ? this.#wrapped.of(item) : ROW_PX;
  }

  /** Call when the view's width has changed. */
  resized(scroller: HTMLElement, rows: HTMLElement | null): void {
    const gutterPx = rows?.querySelector<HTMLElement>(".gutter")?.offsetWidth ?? 0;
    this.#wrapped.setColumns(Math.floor((scroller.clientWidth - gutterPx) / CHARACTER_PX));
  }

  /** Measures the drawn rows. Returns whether they must be redrawn: some height differs from the estimate. */
  measure(rows: HTMLElement | null, drawn: readonly Item[]): boolean {
    let isNew = false;
    for (const [index, element] of [...(rows?.children ?? [])].entries()) {
      const item = drawn[index];
      if (item === undefined || !(element instanceof HTMLElement)) continue;
      const wasGuess = this.#wrapped.isGuess(item);
      const byPx = this.#wrapped.measured(item, element.offsetHeight);
      if (byPx === 0) continue;
      isNew = true;
      if (wasGuess) this.#onCorrected(item, byPx);
    }
    this.#turns += 1;
    const isWanted = isNew && this.#turns < MAX_MEASURE_TURNS;
    if (!isWanted) this.#turns = 0;
    return isWanted;
  }

  /** Without wrapping the space is as wide as the widest row so far: otherwise it would shake while scrolling. */
  widen(space: HTMLElement | null, drawn: readonly Item[], opened: WeakSet<LogRow>): void {
    const widest = drawn.reduce((most, item) => Math.max(most, widthOf(item, opened)), 0);
    if (widest <= this.#widest) return;
    this.#widest = widest;
    space?.style.setProperty("--widest", `${widest}ch`);
  }
}

function widthOf(item: Item, opened: WeakSet<LogRow>): number {
  if (item.kind === "hole") return 0;
  const { length } = item.text;
  return opened.has(item) ? length : Math.min(length, HEAD_CHARACTERS);
}
