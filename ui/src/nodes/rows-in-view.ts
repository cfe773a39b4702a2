/** Which rows are in view, by one observer for all: each of its own would be asked in every frame. */
export class RowsInView {
  readonly #rows = new Map<Element, (isInView: boolean) => void>();
  readonly #observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) this.#rows.get(target)?.(isIntersecting);
  });

  /** Calls back now and whenever it changes, until the result is called. */
  watch(row: Element, onChange: (isInView: boolean) => void): () => void {
    this.#rows.set(row, onChange);
    this.#observer.observe(row);
    return () => {
      this.#rows.delete(row);
      this.#observer.unobserve(row);
    };
  }
}
