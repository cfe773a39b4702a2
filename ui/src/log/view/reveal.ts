import type { Item } from "../feed/log-row.ts";
import type { RowPlace } from "../feed/row-order.ts";

export interface Shown {
  /** The match that Find is at. */
  readonly current: Pick<RowPlace, "source" | "n"> | undefined;
  /** Where matches are. */
  readonly ticks: readonly number[];
  readonly words: unknown;
  /** Of the rows that are drawn. */
  readonly first: Item | undefined;
  readonly wrap: boolean;
}

/** The reader moves the view. */
const MOVES = ["wheel", "pointerdown", "touchstart", "keydown"] as const;

/** Brings into view what is looked for and what Tab has reached, until the reader moves away from it. */
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
    // In a list of matches the first one, if none is seen.
    if (scrollToMark(this.#scroller, current === undefined ? "mark" : ".current mark")) this.#revealed = wanted;
  }

  /**
   * The browser shows at once what has the focus. Then rows may turn out to be higher than they were thought, and on a phone
   * the header folds away.
   */
  #showFocus(): void {
    const [element, scroller] = [this.#reached, this.#scroller];
    if (element === null || element !== document.activeElement || !scroller.contains(element)) return;
    // Lines that are followed move away by themselves.
    if (scroller.closest(".follows") !== null) return;
    const [box, view] = [element.getBoundingClientRect(), scroller.getBoundingClientRect()];
    const hiddenPx = box.top < view.top ? box.top - view.top : Math.max(0, box.bottom - view.bottom);
    if (element !== scroller && hiddenPx !== 0) scroller.scrollTop += hiddenPx;
  }
}

/** Returns whether there is such a mark. */
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
