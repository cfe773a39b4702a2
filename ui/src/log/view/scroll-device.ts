/** Room to scroll in either direction before the scroller returns to its middle: more than any fling takes. */
const ROOM_PX = 500_000;
const IDLE_MS = 150;

/**
 * Turns a native scroller into a source of movements.
 *
 * A browser's element cannot be as high as a log of 100 million lines, but wheel, touch and momentum are best left to
 * it. So the scroller holds an empty space of fixed height, the rows stay put in it (`position: sticky`), and
 * only the differences count. When nothing moves, it returns to the middle. While it is scrolled sideways it has the
 * class "aside".
 */
export class ScrollDevice {
  readonly #scroller: HTMLElement;
  readonly #onMove: (deltaPx: number) => void;
  #lastTop = ROOM_PX;
  #idle: ReturnType<typeof setTimeout> | undefined;
  #isTouched = false;

  constructor(scroller: HTMLElement, space: HTMLElement, onMove: (deltaPx: number) => void) {
    this.#scroller = scroller;
    this.#onMove = onMove;
    space.style.setProperty("height", `${2 * ROOM_PX + scroller.clientHeight}px`);
    this.#recentre();
    scroller.addEventListener("scroll", this.#onScroll, { passive: true });
    scroller.addEventListener("touchstart", this.#onTouch, { passive: true });
    scroller.addEventListener("touchend", this.#onTouchEnd, { passive: true });
    scroller.addEventListener("touchcancel", this.#onTouchEnd, { passive: true });
  }

  close(): void {
    clearTimeout(this.#idle);
    this.#scroller.removeEventListener("scroll", this.#onScroll);
    this.#scroller.removeEventListener("touchstart", this.#onTouch);
    this.#scroller.removeEventListener("touchend", this.#onTouchEnd);
    this.#scroller.removeEventListener("touchcancel", this.#onTouchEnd);
  }

  readonly #onScroll = (): void => {
    const top = this.#scroller.scrollTop;
    const delta = top - this.#lastTop;
    this.#lastTop = top;
    this.#scroller.classList.toggle("aside", this.#scroller.scrollLeft > 0);
    if (delta !== 0) this.#onMove(delta);
    this.#whenIdle();
  };

  readonly #onTouch = (): void => {
    this.#isTouched = true;
  };

  readonly #onTouchEnd = (): void => {
    this.#isTouched = false;
    this.#whenIdle();
  };

  #whenIdle(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      if (!this.#isTouched) this.#recentre();
    }, IDLE_MS);
  }

  #recentre(): void {
    this.#scroller.scrollTop = ROOM_PX;
    this.#lastTop = this.#scroller.scrollTop;
  }
}
