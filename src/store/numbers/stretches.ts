/** Lines of one log that are numbered on end: `lines` of them, `bytes` long, from number `n` at byte `at`. */
export interface Stretch {
  readonly n: number;
  readonly lines: number;
  readonly at: number;
  readonly bytes: number;
  /** Physical line of the first one, from 0. */
  readonly line: number;
}

/** The stretches of one log: appended in the order of the file, looked up by number. No number is in two of them. */
export interface StretchList {
  readonly count: number;
  /** How many of them are in memory. */
  readonly held: number;
  push(stretch: Stretch): void;
  /** Removes the last one in the file. */
  pop(): Stretch | undefined;
  /** In order of n, from the one that holds number `n` or is the first above it; at most `limit`. */
  from(n: number, limit: number): Stretch[];
  /** Frees what is held outside of memory. */
  release(): void;
}

/** Stretches in memory. In order of n, as nearly all are, they are never sorted. */
export class MemoryStretches implements StretchList {
  readonly #inFile: Stretch[] = [];
  /** In order of n; undefined while that is not the order of the file, and nobody has asked. */
  #sorted: readonly Stretch[] | undefined = this.#inFile;

  get count(): number {
    return this.#inFile.length;
  }

  get held(): number {
    return this.count;
  }

  inFile(): readonly Stretch[] {
    return this.#inFile;
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
