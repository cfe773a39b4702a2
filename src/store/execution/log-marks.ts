import { CRI } from "../../wire/cri.ts";
import type { LogName, MarkRecord } from "./sidecar.ts";

const LINE_FEED = 0x0a;
/** Bytes of log between two marks: the most that a reader has to scan to find a line. */
const MARK_EVERY_BYTES = 262_144;

/** The current end of a log, where its next line will begin. */
interface LogEnd {
  readonly size: number;
  readonly lines: number;
  readonly fragments: number;
  /** The next line's number. */
  readonly expectedN: number;
}

/** Marks in the order of the file. */
export interface MarkList {
  readonly length: number;
  at(place: number): MarkRecord | undefined;
}

interface Around {
  readonly before: MarkRecord | undefined;
  readonly behind: MarkRecord | undefined;
}

/** Places of a log at which a line with a known number begins, in the order of the file. */
export class LogMarks {
  readonly #name: LogName;
  readonly #marks: MarkRecord[] = [];

  constructor(name: LogName) {
    this.#name = name;
  }

  get all(): readonly MarkRecord[] {
    return this.#marks;
  }

  get lastAt(): number {
    return this.#marks[this.#marks.length - 1]?.at ?? 0;
  }

  add(mark: MarkRecord): void {
    this.#marks.push(mark);
  }

  reset(): void {
    this.#marks.length = 0;
  }

  forgetBehind(sizeBytes: number): void {
    while (this.lastAt > sizeBytes) this.#marks.pop();
  }

  /** A mark for the end of the log, if enough was written since the last one. `cri` was written last. */
  due(end: LogEnd, cri: Buffer): MarkRecord | undefined {
    if (end.size - this.lastAt < MARK_EVERY_BYTES) return undefined;
    const lastLineAt = cri.lastIndexOf(LINE_FEED, cri.length - 2) + 1;
    return this.at(end, cri.toString("latin1", lastLineAt, lastLineAt + CRI.timeCharacters));
  }

  /** A mark for the end of the log, whose last line was printed at this time. */
  at({ size: at, lines: line, fragments, expectedN: n }: LogEnd, time: string): MarkRecord {
    return { t: "mark", f: this.#name, at, line, fragments, n, time };
  }

  /** The last of the leading marks that satisfy `isBefore`, and the one after it. */
  around(isBefore: (mark: MarkRecord) => boolean): Around {
    return marksAround(this.#marks, isBefore);
  }
}

/** Like `LogMarks.around`, in any list of marks. */
export function marksAround(marks: MarkList, isBefore: (mark: MarkRecord) => boolean): Around {
  let [low, high] = [0, marks.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const mark = marks.at(middle);
    if (mark !== undefined && isBefore(mark)) low = middle + 1;
    else high = middle;
  }
  return { before: low === 0 ? undefined : marks.at(low - 1), behind: marks.at(low) };
}
