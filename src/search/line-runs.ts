const FIRST_RUNS = 256;

/** Which lines of an epoch are consecutive lines of an execution. Where hits are scattered, each line is a run of its own. */
export class LineRuns {
  #count = 0;
  #capacity = FIRST_RUNS;
  #ordinals = new Int32Array(FIRST_RUNS);
  #executions = new Int32Array(FIRST_RUNS);
  #numbers = new Float64Array(FIRST_RUNS);
  /** The run of the last line looked up: the next one is near. */
  #last = 0;

  /** From `ordinal` on, lines are those of this execution from number `n` on. */
  add(ordinal: number, execution: number, n: number): void {
    if (this.#count === this.#capacity) this.#grow();
    this.#ordinals[this.#count] = ordinal;
    this.#executions[this.#count] = execution;
    this.#numbers[this.#count] = n;
    this.#count += 1;
  }

  of(ordinal: number): { readonly execution: number; readonly n: number } {
    const run = this.#isIn(this.#last, ordinal) ? this.#last : this.#find(ordinal);
    this.#last = run;
    const n = (this.#numbers[run] ?? 0) + ordinal - (this.#ordinals[run] ?? 0);
    return { execution: this.#executions[run] ?? 0, n };
  }

  clear(): void {
    this.#count = 0;
    this.#last = 0;
  }

  #isIn(run: number, ordinal: number): boolean {
    if (run >= this.#count) return false;
    const next = run + 1 < this.#count ? (this.#ordinals[run + 1] ?? 0) : Number.POSITIVE_INFINITY;
    return (this.#ordinals[run] ?? 0) <= ordinal && ordinal < next;
  }

  #find(ordinal: number): number {
    if (this.#isIn(this.#last + 1, ordinal)) return this.#last + 1;
    let [low, high] = [0, this.#count];
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.#ordinals[middle] ?? 0) <= ordinal) low = middle;
      else high = middle;
    }
    return low;
  }

  #grow(): void {
    this.#capacity *= 2;
    this.#ordinals = grown(new Int32Array(this.#capacity), this.#ordinals);
    this.#executions = grown(new Int32Array(this.#capacity), this.#executions);
    this.#numbers = grown(new Float64Array(this.#capacity), this.#numbers);
  }
}

/** Copies a smaller array into a larger one, and returns that. */
export function grown<T extends { set(from: T): void }>(to: T, from: T): T {
  to.set(from);
  return to;
}
