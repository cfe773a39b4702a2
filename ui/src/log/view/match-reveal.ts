import type { Item } from "../feed/log-row.ts";
import type { RowPlace } from "../feed/row-order.ts";

interface ShownMatch {
  /** The match that Find is at. */
  readonly current: Pick<RowPlace, "source" | "n"> | undefined;
  readonly words: unknown;
  /** Of the rows that are drawn. */
  readonly first: Item | undefined;
  readonly wrap: boolean;
}

interface Rows {
  readonly scroller: HTMLElement | null;
  readonly rows: HTMLElement | null;
}

/**
 * Scrolls sideways to a match that stands far to the right, once: the reader may scroll away from it. In a list of matches,
 * to the first one, if none is seen.
 */
export class MatchReveal {
  #revealed: unknown;

  show({ current, words, wrap, first }: ShownMatch, { scroller, rows }: Rows): void {
    const isList = first?.kind === "lines" && first.found !== undefined;
    const wanted = current ?? (isList ? words : undefined);
    if (wanted === undefined || wrap || scroller === null || rows === null || this.#revealed === wanted) return;
    if (scrollToMark(scroller, rows, current === undefined ? "mark" : ".current mark")) this.#revealed = wanted;
  }
}

/** Returns whether there is such a mark. */
function scrollToMark(scroller: HTMLElement, rows: HTMLElement, selector: string): boolean {
  const marks = [...rows.querySelectorAll(selector)].map((mark) => mark.getBoundingClientRect());
  const [first] = marks;
  if (first === undefined) return false;
  const gutterPx = rows.querySelector<HTMLElement>(".gutter")?.offsetWidth ?? 0;
  const { left, right } = scroller.getBoundingClientRect();
  const isSeen = marks.some((mark) => mark.left >= left + gutterPx && mark.right <= right);
  if (!isSeen) scroller.scrollLeft += first.left - left - gutterPx - (right - left - gutterPx) / 3;
  return true;
}
