/** Consecutively numbered lines of one log: `lines` of them, `bytes` long, from number `n` at byte `at`. */
export interface Stretch {
  readonly n: number;
  readonly lines: number;
  readonly at: number;
  readonly bytes: number;
  /** Physical line of the first one, from 0. */
  readonly line: number;
}

/** The stretches of one log: appended in file order, looked up by number. No number is in two of them. */
export interface StretchList {
  readonly count: number;
  /** Number of stretches in memory. */
  readonly held: number;
  push(stretch: Stretch): void;
  /** Removes the last one in the file. */
  pop(): Stretch | undefined;
  /** In order of n, starting with the one that holds `n` or is the first above it; at most `limit`. */
  from(n: number, limit: number): Stretch[];
  /** Releases resources outside of memory. */
  release(): void;
}

/** Stretches in memory. Nearly all are in order of n, and so never sorted. */
export class MemoryStretches implements StretchList {
  readonly #inFile: Stretch[] = [];
  /** In order of n; undefined until needed, if that differs from file order. */
  #sorted: readonly Stretch[] | undefined = this.#inFile;

  get count(): number {
    return this.#inFile.length;
  }

  get held(): number {
    return this.count;
  }

  /** The first ones in the file. */
  first(count: number): readonly Stretch[] {
    return this.#inFile.slice(0, count);
  }

  dropFirst(count: number): void {
    if (this.#sorted !== this.#inFile) this.#sorted = undefined;
    this.#inFile.splice(0, count);
  }

  push(stretch: Stretch): void {
    const last = this.#inFile[this.#inFile.length - 1];
    if (this.#sorted !== this.#inFile || (last !== undefined && last.n > stretch.n)) this.#sorted = undefined;
    this.#inFile.push(stretch);
  }

  pop(): Stretch | undefined {
    if (this.#sorted !== this.#inFile) this.#sorted = undefined;
    return this.#inFile.pop();
  }

  from(n: number, limit: number): Stretch[] {
    this.#sorted ??= this.#inFile.toSorted((a, b) => a.n - b.n);
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const stretch = this.#sorted[middle];
      if (stretch !== undefined && stretch.n + stretch.lines <= n) low = middle + 1;
      else high = middle;
    }
    return this.#sorted.slice(low, low + limit);
  }

  release(): void {}
}
