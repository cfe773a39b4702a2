import type { Item } from "../feed/log-row.ts";
import type { RowPlace } from "../feed/row-order.ts";

export interface Shown {
  /** The match that Find is at. */
  readonly current: Pick<RowPlace, "source" | "n"> | undefined;
  /** Places of matches. */
  readonly ticks: readonly number[];
  readonly words: unknown;
  /** The first drawn item. */
  readonly first: Item | undefined;
  readonly wrap: boolean;
}

/** Events by which the reader moves the view. */
const MOVES = ["wheel", "pointerdown", "touchstart", "keydown"] as const;

/** Brings matches, and the element that Tab has reached, into view, until the reader moves away. */
export class Reveal {
  readonly #scroller: HTMLElement;
  #revealed: unknown;
  #reached: Element | null = document.activeElement;

  constructor(scroller: HTMLElement) {
    this.#scroller = scroller;
    scroller.addEventListener("focusin", () => {
      this.#reached = document.activeElement;
    });
    const forget = (): void => {
      this.#reached = null;
    };
    for (const move of MOVES) scroller.addEventListener(move, forget, { passive: true });
  }

  show({ current, words, wrap, first }: Shown): void {
    this.#showFocus();
    const isList = first?.kind === "lines" && first.found !== undefined;
    const wanted = current ?? (isList ? words : undefined);
    if (wanted === undefined || wrap || this.#revealed === wanted) return;
    // In a list of matches, reveals the first one if none is visible.
    if (scrollToMark(this.#scroller, current === undefined ? "mark" : ".current mark")) this.#revealed = wanted;
  }

  /**
   * Brings the focus back into view: the browser shows it at once, but then rows may turn out higher than estimated,
   * and on a phone the header disappears.
   */
  #showFocus(): void {
    const [element, scroller] = [this.#reached, this.#scroller];
    if (element === null || element !== document.activeElement || !scroller.contains(element)) return;
    // While the view follows, lines move away by themselves.
    if (scroller.closest(".follows") !== null) return;
    const [box, view] = [element.getBoundingClientRect(), scroller.getBoundingClientRect()];
    const hiddenPx = box.top < view.top ? box.top - view.top : Math.max(0, box.bottom - view.bottom);
    if (element !== scroller && hiddenPx !== 0) scroller.scrollTop += hiddenPx;
  }
}

/** Scrolls to the first mark unless one is visible. Returns whether there is a mark. */
function scrollToMark(scroller: HTMLElement, selector: string): boolean {
  const marks = [...scroller.querySelectorAll(selector)].map((mark) => mark.getBoundingClientRect());
  const [first] = marks;
  if (first === undefined) return false;
  const gutterPx = scroller.querySelector<HTMLElement>(".gutter")?.offsetWidth ?? 0;
  const { left, right } = scroller.getBoundingClientRect();
  const isSeen = marks.some((mark) => mark.left >= left + gutterPx && mark.right <= right);
  if (!isSeen) scroller.scrollLeft += first.left - left - gutterPx - (right - left - gutterPx) / 3;
  return true;
}
