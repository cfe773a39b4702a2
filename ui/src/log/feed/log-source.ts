import { shiftTime } from "../../../../src/text/time/shift-time.ts";
import type { Execution } from "../../../../src/wire/api.ts";
import type { LogLine } from "../../api-parse.ts";

/** One execution of a log view. Rows name it by `index`. */
export class LogSource {
  readonly index: number;
  /** Milliseconds added to its times, because its node's clock is behind. */
  readonly correctsMs: number;
  #execution: Execution;
  #lastSeenN = 0;
  #updates = 0;

  constructor(of: { readonly index: number; readonly execution: Execution; readonly correctsMs: number }) {
    this.index = of.index;
    this.correctsMs = of.correctsMs;
    this.#execution = of.execution;
  }

  /** Its lines with corrected times. */
  corrected(lines: readonly LogLine[]): readonly LogLine[] {
    if (this.correctsMs === 0) return lines;
    return lines.map((line) => ({ ...line, time: shiftTime(line.time, this.correctsMs) }));
  }

  /** The time by the node's clock, from a corrected one. */
  nodeTime(time: string): string {
    return shiftTime(time, -this.correctsMs);
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
