/** Lines of one log that are numbered on end: `lines` of them, `bytes` long, from number `n` at byte `at`. */
export interface Run {
  readonly n: number;
  readonly lines: number;
  readonly at: number;
  readonly bytes: number;
  /** Physical line of the first one, from 0. */
  readonly line: number;
}

/** The runs of one log: appended in the order of the file, looked up by number. No number is in two of them. */
export interface RunList {
  readonly count: number;
  /** How many of them are in memory. */
  readonly held: number;
  push(run: Run): void;
  /** Takes away the one that stands last in the file. */
  pop(): Run | undefined;
  /** In order of n, from the one that holds number `n` or is the first above it; at most `limit`. */
  from(n: number, limit: number): Run[];
  /** Lets go of what is held outside of memory. */
  release(): void;
}

/** Runs in memory. Those of a log in order of n, which is the rule, are never sorted. */
export class MemoryRuns implements RunList {
  readonly #inFile: Run[] = [];
  /** In order of n; undefined while that is not the order of the file, and nobody has asked. */
  #sorted: readonly Run[] | undefined = this.#inFile;

  get count(): number {
    return this.#inFile.length;
  }

  get held(): number {
    return this.count;
  }

  inFile(): readonly Run[] {
    return this.#inFile;
  }

  push(run: Run): void {
    const last = this.#inFile[this.#inFile.length - 1];
    if (this.#sorted !== this.#inFile || (last !== undefined && last.n > run.n)) this.#sorted = undefined;
    this.#inFile.push(run);
  }

  pop(): Run | undefined {
    if (this.#sorted !== this.#inFile) this.#sorted = undefined;
    return this.#inFile.pop();
  }

  from(n: number, limit: number): Run[] {
    this.#sorted ??= this.#inFile.toSorted((a, b) => a.n - b.n);
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const run = this.#sorted[middle];
      if (run !== undefined && run.n + run.lines <= n) low = middle + 1;
      else high = middle;
    }
    return this.#sorted.slice(low, low + limit);
  }

  release(): void {}
}
