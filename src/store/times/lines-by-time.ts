/** The number of lines that an execution had printed by a time. */
export interface KnownLines {
  readonly atMs: number;
  readonly lines: number;
}

/** Lines of many executions by the time at which they were printed, in parts of equal length. */
export class LinesByTime {
  readonly #fromMs: number;
  readonly #sizeMs: number;
  readonly #counts: number[];

  constructor(of: { readonly fromMs: number; readonly sizeMs: number; readonly parts: number }) {
    this.#fromMs = of.fromMs;
    this.#sizeMs = of.sizeMs;
    this.#counts = new Array<number>(of.parts).fill(0);
  }

  /** Whole lines; a part with less than one expected line may show none. */
  get counts(): readonly number[] {
    return this.#counts.map((count) => Math.round(count));
  }

  /** Adds an execution's lines from known points, in order; between two points lines are spread evenly. */
  add(known: readonly KnownLines[]): void {
    let before = known[0];
    for (const next of known.slice(1)) {
      if (before !== undefined) this.#spread(before.atMs, Math.max(before.atMs, next.atMs), next.lines - before.lines);
      before = next;
    }
  }

  #spread(fromMs: number, toMs: number, lines: number): void {
    if (lines <= 0) return;
    const [from, to] = [this.#placeOf(fromMs), this.#placeOf(toMs)];
    for (let part = Math.floor(from); part <= Math.floor(to); part += 1) {
      const covered = to === from ? 1 : Math.min(to, part + 1) - Math.max(from, part);
      this.#counts[part] = (this.#counts[part] ?? 0) + (to === from ? lines : (lines * covered) / (to - from));
    }
  }

  /** The place of a time, counted in parts from the start; limited to the last part. */
  #placeOf(ms: number): number {
    const last = this.#counts.length - 1e-6;
    return Math.max(0, Math.min(last, (ms - this.#fromMs) / this.#sizeMs));
  }
}
