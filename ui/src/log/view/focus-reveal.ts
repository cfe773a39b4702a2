/**
 * Brings what Tab has reached into view. The browser does it at once; then rows may turn out to be higher than they were
 * thought, and on a phone the header folds away.
 */
export class FocusReveal {
  readonly #onReached: () => void;
  #reached: Element | undefined;

  constructor(onReached: () => void) {
    this.#onReached = onReached;
  }

  readonly reached = ({ target }: FocusEvent): void => {
    if (target instanceof Element) this.#reached = target;
    this.#onReached();
  };

  /** How far the view has to move now that it is at rest; once, for the reader may move away from it. */
  takePx(scroller: HTMLElement | null): number {
    const element = this.#reached;
    this.#reached = undefined;
    if (element === undefined || element !== document.activeElement || scroller === null) return 0;
    const [box, view] = [element.getBoundingClientRect(), scroller.getBoundingClientRect()];
    return box.top < view.top ? box.top - view.top : Math.max(0, box.bottom - view.bottom);
  }
}
