import type { Execution } from "../../../../src/wire/api.ts";

/** One execution of a log view. Rows name it by `index`. */
export class LogSource {
  readonly index: number;
  #execution: Execution;
  #lastSeenN = 0;
  #updates = 0;

  constructor(index: number, execution: Execution) {
    this.index = index;
    this.#execution = execution;
  }

  get execution(): Execution {
    return this.#execution;
  }

  /** The highest known n, from its summary or from a line. */
  get lastN(): number {
    return Math.max(this.#lastSeenN, this.#execution.lastN);
  }

  /** Number of updates. */
  get updates(): number {
    return this.#updates;
  }

  /** Returns whether the missing ranges changed. */
  update(execution: Execution): boolean {
    const before = JSON.stringify(this.#execution.missing);
    this.#execution = execution;
    this.#updates += 1;
    return before !== JSON.stringify(execution.missing);
  }

  see(n: number): void {
    this.#lastSeenN = Math.max(this.#lastSeenN, n);
  }
}
