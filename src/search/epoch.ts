import { EpochLines } from "./epoch-lines.ts";
import { type PrintedLine, readRecord } from "./found-line.ts";

const LINE_FEED = 0x0a;

/** A line that ripgrep reported, with its number in the whole search. */
interface ReportedLine {
  readonly ordinal: number;
  readonly sequence: number;
  readonly isMatch: boolean;
  /** Undefined if ripgrep only counts. */
  readonly found: PrintedLine | undefined;
}

/**
 * The lines that one ripgrep has, by number, and which of its reports count.
 *
 * With context, epochs overlap: a hit among the last lines of one may have context in the next. The next one
 * gets the text of such lines and of their context again, and reports them.
 */
export class Epoch {
  readonly lines: EpochLines;
  /** Number of its first line in the whole search. */
  readonly #base: number;
  /** Hits before this line were reported by the epoch before. */
  readonly #reportedTo: number;
  readonly #after: number;
  readonly #isWanted: (found: PrintedLine) => boolean;
  readonly #onLine: (lines: EpochLines, line: ReportedLine) => void;
  /** Reports that the next epoch may have to make instead. */
  #held: ReportedLine[] = [];

  constructor(options: {
    readonly lines: EpochLines;
    readonly base: number;
    readonly reportedTo: number;
    /** Lines of context after a hit. */
    readonly after: number;
    /** Whether a match is a hit; others may still be context. */
    readonly isWanted: (found: PrintedLine) => boolean;
    readonly onLine: (lines: EpochLines, line: ReportedLine) => void;
  }) {
    this.lines = options.lines;
    this.#base = options.base;
    this.#reportedTo = options.reportedTo;
    this.#after = options.after;
    this.#isWanted = options.isWanted;
    this.#onLine = options.onLine;
  }

  static first(options: Pick<ConstructorParameters<typeof Epoch>[0], "after" | "isWanted" | "onLine">): Epoch {
    return new Epoch({ lines: new EpochLines(), base: 0, reportedTo: 0, ...options });
  }

  /** Takes a record of ripgrep's output. */
  takeRecord(record: Buffer): void {
    const found = readRecord(record);
    if (found !== undefined) this.#take(found.ordinal, { isMatch: found.isMatch && this.#isWanted(found), found });
  }

  /** Takes the number of a line that ripgrep found. */
  takeNumber(ordinal: number): void {
    this.#take(ordinal, { isMatch: true, found: undefined });
  }

  #take(ordinal: number, { isMatch, found }: Pick<ReportedLine, "isMatch" | "found">): void {
    // As context of a later hit, a line of the epoch before counts again.
    if (!(ordinal >= (isMatch ? this.#reportedTo : 0) && ordinal < this.lines.count)) return;
    const line = { ordinal, sequence: this.#base + ordinal, isMatch, found };
    if (this.#after === 0) {
      this.#onLine(this.lines, line);
      return;
    }
    this.#held.push(line);
    this.#report(this.lines.count - this.#after);
  }

  /**
   * Call when ripgrep has reported everything. Returns the next epoch, which begins with the last lines of this one.
   *
   * @param repeated The number of those lines, all of the execution that continues; 0 if none does.
   */
  end(repeated: number): Epoch {
    const { count } = this.lines;
    const settled = count - Math.min(this.#after, repeated);
    this.#report(settled);
    const from = count - repeated;
    return new Epoch({
      lines: this.lines.tail(from),
      base: this.#base + from,
      reportedTo: settled - from,
      after: this.#after,
      isWanted: this.#isWanted,
      onLine: this.#onLine,
    });
  }

  #report(before: number): void {
    const ready = this.#held.findIndex(({ ordinal }) => ordinal >= before);
    const lines = ready < 0 ? this.#held.splice(0) : this.#held.splice(0, ready);
    for (const line of lines) this.#onLine(this.lines, line);
  }
}

/** The last lines of a text, at most `count`, and their number. */
export function lastLines(text: Buffer, count: number): { text: Buffer; count: number } {
  let [from, found] = [text.length, 0];
  while (found < count && from > 0) {
    // The byte before `from` is the LF of the previous line.
    from = from < 2 ? 0 : text.lastIndexOf(LINE_FEED, from - 2) + 1;
    found += 1;
  }
  return { text: Buffer.from(text.subarray(from)), count: found };
}
