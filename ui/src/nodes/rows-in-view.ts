/** Tracks which rows are in view, with one observer for all: one per row would cost time in every frame. */
export class RowsInView {
  readonly #rows = new Map<Element, (isInView: boolean) => void>();
  readonly #observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) this.#rows.get(target)?.(isIntersecting);
  });

  /** Calls back now and at every change, until the returned function is called. */
  watch(row: Element, onChange: (isInView: boolean) => void): () => void {
    this.#rows.set(row, onChange);
    this.#observer.observe(row);
    return () => {
      this.#rows.delete(row);
      this.#observer.unobserve(row);
    };
  }
}
