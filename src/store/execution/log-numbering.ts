import type { Stretch, StretchList } from "../numbers/stretches.ts";
import type { LogName, StretchRecord } from "./sidecar.ts";

const STRETCHES_AT_ONCE = 1_000;

/** The numbering of a log's lines: its stretches, the last of which goes on to the log's end. */
export class LogNumbering {
  readonly #name: LogName;
  /** All stretches but the last. */
  readonly #stretches: StretchList;
  #last: StretchRecord;

  constructor(name: LogName, stretches: StretchList) {
    this.#name = name;
    this.#stretches = stretches;
    this.#last = { t: "stretch", f: name, at: 0, line: 0, n: 1 };
  }

  get last(): StretchRecord {
    return this.#last;
  }

  /** Number of stretches held in memory. */
  get held(): number {
    return this.#stretches.held;
  }

  /** Adds a stretch, new or restored. Of two at the same place the later is valid: the first has no lines. */
  add(stretch: StretchRecord): void {
    while (this.#last.line > stretch.line) if (!this.#reopen()) break;
    const { n, line, at } = this.#last;
    const lines = stretch.line - line;
    if (lines > 0) this.#stretches.push({ n, lines, at, bytes: stretch.at - at, line });
    this.#last = stretch;
  }

  reset(): void {
    this.#stretches.release();
    this.#last = { t: "stretch", f: this.#name, at: 0, line: 0, n: 1 };
  }

  /** Releases resources outside of memory. */
  release(): void {
    this.#stretches.release();
  }

  forgetBehind(sizeBytes: number): void {
    while (this.#last.at > sizeBytes) if (!this.#reopen()) break;
  }

  /** Stretches that hold number `n` or higher, in order of n; at most `limit`. */
  from(n: number, limit: number, end: { readonly size: number; readonly lines: number }): Stretch[] {
    const stretches = this.#stretches.from(n, limit);
    const { n: first, line, at } = this.#last;
    const lines = end.lines - line;
    if (lines <= 0 || first + lines <= n) return stretches;
    const place = stretches.findLastIndex((stretch) => stretch.n < first) + 1;
    stretches.splice(place, 0, { n: first, lines, at, bytes: end.size - at, line });
    return stretches.slice(0, limit);
  }

  /** The stretch that byte `at` is in. */
  at(at: number): { readonly at: number; readonly n: number; readonly line: number } {
    if (this.#last.at <= at) return this.#last;
    for (let n = 1; ; ) {
      const some = this.#stretches.from(n, STRETCHES_AT_ONCE);
      const found = some.find((stretch) => stretch.at <= at && at < stretch.at + stretch.bytes);
      const last = some.at(-1);
      if (found !== undefined || last === undefined) return found ?? this.#last;
      n = last.n + last.lines;
    }
  }

  /** Makes the previous stretch the last again. False if there is none. */
  #reopen(): boolean {
    const stretch = this.#stretches.pop();
    if (stretch === undefined) return false;
    this.#last = { t: "stretch", f: this.#name, at: stretch.at, line: stretch.line, n: stretch.n };
    return true;
  }
}
