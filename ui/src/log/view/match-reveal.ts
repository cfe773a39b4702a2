import type { RowPlace } from "../feed/row-order.ts";

interface ShownMatch {
  /** The match that Find is at. */
  readonly current: Pick<RowPlace, "source" | "n"> | undefined;
  readonly wrap: boolean;
}

interface Rows {
  readonly scroller: HTMLElement | null;
  readonly rows: HTMLElement | null;
}

/** Scrolls sideways to a match that stands far to the right, once: the reader may scroll away from it. */
export class MatchReveal {
  #revealed: ShownMatch["current"];

  show({ current, wrap }: ShownMatch, { scroller, rows }: Rows): void {
    if (current === undefined || wrap || scroller === null || rows === null || this.#revealed === current) return;
    if (scrollToMark(scroller, rows)) this.#revealed = current;
  }
}

/** Returns whether there is a mark of the current match. */
function scrollToMark(scroller: HTMLElement, rows: HTMLElement): boolean {
  const mark = rows.querySelector(".current mark")?.getBoundingClientRect();
  if (mark === undefined) return false;
  const gutterPx = rows.querySelector<HTMLElement>(".gutter")?.offsetWidth ?? 0;
  const { left, right } = scroller.getBoundingClientRect();
  const isSeen = mark.left >= left + gutterPx && mark.right <= right;
  if (!isSeen) scroller.scrollLeft += mark.left - left - gutterPx - (right - left - gutterPx) / 3;
  return true;
}
