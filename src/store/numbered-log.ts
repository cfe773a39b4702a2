import type { Chunk } from "../frame/chunk.ts";
import { CRI } from "../wire/cri.ts";
import type { AppendFile, OpenFiles } from "./open-files.ts";
import type { LogName, MarkRecord, RunRecord, Sidecar } from "./sidecar.ts";

const LINE_FEED = 0x0a;
/** Bytes of log between two marks: what a reader may have to scan to find a line. */
const MARK_EVERY_BYTES = 1_048_576;

/** Lines of a log that are numbered on end: `lines` of them, from number `n` at byte `at`. */
export interface Segment {
  readonly log: NumberedLog;
  readonly n: number;
  readonly lines: number;
  readonly at: number;
  readonly line: number;
}

/**
 * A CRI file and the numbers of its lines. The n-th physical line has number n until a run record says otherwise; such
 * a record is in the sidecar before the lines that it speaks of.
 */
export class NumberedLog implements AppendFile {
  readonly path: string;
  readonly name: LogName;
  readonly #sidecar: Sidecar;
  readonly #runs: RunRecord[];
  readonly #marks: MarkRecord[] = [];
  size = 0;
  lines = 0;
  fragments = 0;

  constructor(options: { readonly path: string; readonly name: LogName; readonly sidecar: Sidecar }) {
    this.path = options.path;
    this.name = options.name;
    this.#sidecar = options.sidecar;
    this.#runs = [{ t: "run", f: options.name, at: 0, line: 0, n: 1 }];
  }

  /** The number that the next line has when no run record says otherwise. */
  get expectedN(): number {
    const run = this.#runs[this.#runs.length - 1];
    return run === undefined ? 1 : run.n + this.lines - run.line;
  }

  /** Bytes as printed: without the prefixes, and without the line feeds that end fragments only in the file. */
  get printedBytes(): number {
    return this.size - this.lines * CRI.prefixCharacters - this.fragments;
  }

  get marks(): readonly MarkRecord[] {
    return this.#marks;
  }

  /** Appends a chunk, whole or not at all. Throws what the file system throws. */
  append(chunk: Chunk, files: OpenFiles): void {
    if (chunk.firstN !== this.expectedN) {
      const run: RunRecord = { t: "run", f: this.name, at: this.size, line: this.lines, n: chunk.firstN };
      this.#sidecar.append(run);
      this.addRun(run);
    }
    files.append(this, chunk.cri);
    this.lines += chunk.count;
    this.fragments += chunk.fragments;
    const mark = this.#markDue(chunk.cri);
    if (mark === undefined) return;
    try {
      this.#sidecar.append(mark);
      this.#marks.push(mark);
    } catch {
      // The lines are stored and count; a reader scans a little more until the next mark can be written.
    }
  }

  /** Counts a chunk that was written to the file by other hands; its mark, if due, waits for `writeMarks`. */
  count(chunk: Chunk): void {
    this.size += chunk.cri.length;
    this.lines += chunk.count;
    this.fragments += chunk.fragments;
    const mark = this.#markDue(chunk.cri);
    if (mark !== undefined) this.#marks.push(mark);
  }

  writeMarks(): void {
    for (const mark of this.#marks) this.#sidecar.append(mark);
  }

  /** Takes a run as written or as read back. Of two at the same place the later holds: the first has no lines. */
  addRun(run: RunRecord): void {
    while ((this.#runs[this.#runs.length - 1]?.line ?? -1) >= run.line) this.#runs.pop();
    this.#runs.push(run);
  }

  addMark(mark: MarkRecord): void {
    this.#marks.push(mark);
  }

  /** Forgets runs and marks that stand behind the end of the file: a power cut took their lines. */
  forgetBehind(sizeBytes: number): void {
    while ((this.#marks[this.#marks.length - 1]?.at ?? 0) > sizeBytes) this.#marks.pop();
    while (this.#runs.length > 1 && (this.#runs[this.#runs.length - 1]?.at ?? 0) > sizeBytes) this.#runs.pop();
  }

  /** All runs that have lines. */
  segments(): Segment[] {
    const segments: Segment[] = [];
    this.#runs.forEach((run, i) => {
      const lines = (this.#runs[i + 1]?.line ?? this.lines) - run.line;
      if (lines > 0) segments.push({ log: this, n: run.n, lines, at: run.at, line: run.line });
    });
    return segments;
  }

  /** The nearest place at or before line number `n` of a segment from which lines can be counted. */
  placeBefore(segment: Segment, n: number): { at: number; n: number } {
    const line = segment.line + (n - segment.n);
    let low = 0;
    let high = this.#marks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#marks[middle]?.line ?? 0) <= line) low = middle + 1;
      else high = middle;
    }
    const mark = this.#marks[low - 1];
    if (mark === undefined || mark.line <= segment.line) return { at: segment.at, n: segment.n };
    return { at: mark.at, n: segment.n + (mark.line - segment.line) };
  }

  /** The mark for the end of the file, when enough was written since the last one. `cri` was written last. */
  #markDue(cri: Buffer): MarkRecord | undefined {
    if (this.size - (this.#marks[this.#marks.length - 1]?.at ?? 0) < MARK_EVERY_BYTES) return undefined;
    const lastLineAt = cri.lastIndexOf(LINE_FEED, cri.length - 2) + 1;
    const time = cri.toString("latin1", lastLineAt, lastLineAt + CRI.timeCharacters);
    const { size: at, lines: line, fragments, expectedN: n } = this;
    return { t: "mark", f: this.name, at, line, fragments, n, time };
  }
}
