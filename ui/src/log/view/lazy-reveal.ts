import type { Reveal, Shown } from "./reveal.ts";

/**
 * Loads `Reveal` once there is a search, or a row has the focus. If it cannot be loaded, the view stays where it is.
 */
export class LazyReveal {
  #reveal: Promise<Reveal> | undefined;

  /** Call after each update of the view. */
  show(scroller: HTMLElement | null, shown: Shown): void {
    const { activeElement } = document;
    const isWanted = shown.current !== undefined || shown.ticks.length > 0 || activeElement?.closest(".row");
    if (scroller === null || (!isWanted && this.#reveal === undefined)) return;
    this.#reveal ??= load(scroller);
    void this.#reveal.then((reveal) => reveal.show(shown)).catch(() => undefined);
  }
}

async function load(scroller: HTMLElement): Promise<Reveal> {
  const { Reveal } = await import("./reveal.ts");
  return new Reveal(scroller);
}
