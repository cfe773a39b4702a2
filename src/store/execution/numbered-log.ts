import type { Chunk } from "../../frame/chunk.ts";
import { CRI } from "../../wire/cri.ts";
import type { AppendFile, OpenFiles } from "../disk/open-files.ts";
import type { Stretch, StretchList } from "../numbers/stretches.ts";
import { type MemberTable, memberAt, type SealedRecord, tableOf } from "../sealed/member-table.ts";
import { filterPathOf } from "../sealed/sealed-files.ts";
import { blocks } from "./disk-bytes.ts";
import type { CutRecord, LogName, MarkRecord, Sidecar, StretchRecord } from "./sidecar.ts";

const LINE_FEED = 0x0a;
/** Bytes of log between two marks: the most that a reader has to scan to find a line. */
const MARK_EVERY_BYTES = 262_144;

const STRETCHES_AT_ONCE = 1_000;

/** A stretch and the log that contains it. */
export interface Segment extends Stretch {
  readonly log: NumberedLog;
}

/**
 * A CRI file and the numbers of its lines. The n-th physical line has number n until a stretch record says otherwise;
 * the sidecar gets such a record before its lines are written.
 */
export class NumberedLog implements AppendFile {
  readonly path: string;
  readonly name: LogName;
  readonly #sidecar: Sidecar;
  /** All stretches but the last. */
  readonly #stretches: StretchList;
  #stretch: StretchRecord;
  readonly #marks: MarkRecord[] = [];
  #members: MemberTable | undefined;
  #sealedDiskBytes = 0;
  /** The sidecar has records beyond the end of the file. */
  #isCut = false;
  size = 0;
  lines = 0;
  fragments = 0;

  constructor(options: {
    readonly path: string;
    readonly name: LogName;
    readonly sidecar: Sidecar;
    readonly stretches: StretchList;
  }) {
    this.path = options.path;
    this.name = options.name;
    this.#sidecar = options.sidecar;
    this.#stretches = options.stretches;
    this.#stretch = { t: "stretch", f: options.name, at: 0, line: 0, n: 1 };
  }

  /** The next line's number unless a stretch record says otherwise. */
  get expectedN(): number {
    return this.#stretch.n + this.lines - this.#stretch.line;
  }

  /** Bytes as printed: without the prefixes, and without the line feeds that the file adds to fragments. */
  get printedBytes(): number {
    return this.size - this.lines * CRI.prefixCharacters - this.fragments;
  }

  /** Number of stretches held in memory. */
  get stretchesHeld(): number {
    return this.#stretches.held;
  }

  /** Where the members of a sealed log are; then places are those of its text. */
  get members(): MemberTable | undefined {
    return this.#members;
  }

  /** The filters of a sealed log. */
  get filterPath(): string {
    return filterPathOf(this.path);
  }

  /** Disk space of its files. Asked for each chunk. */
  get diskBytes(): number {
    return this.#members === undefined ? blocks(this.size) : this.#sealedDiskBytes;
  }

  /** It is in a sealed file: lines 1 to the last, without a hole. */
  seal(record: SealedRecord): void {
    this.size = record.bytes;
    this.lines = record.lines;
    this.fragments = record.fragments;
    this.#members = tableOf(record);
    this.#sealedDiskBytes = blocks(record.fileBytes) + blocks(record.filterBytes);
  }

  get marks(): readonly MarkRecord[] {
    return this.#marks;
  }

  /** Appends a chunk, whole or not at all. Throws file system errors. */
  append(chunk: Chunk, files: OpenFiles): void {
    if (this.#isCut) {
      this.#sidecar.append<CutRecord>({ t: "cut", f: this.name, at: this.size });
      this.#isCut = false;
    }
    if (chunk.firstN !== this.expectedN) {
      const stretch: StretchRecord = { t: "stretch", f: this.name, at: this.size, line: this.lines, n: chunk.firstN };
      this.#sidecar.append(stretch);
      this.addStretch(stretch);
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
      // The lines are stored and counted; a reader scans a little more until the next mark is written.
    }
  }

  /** Counts a chunk that the caller wrote to the file; its mark, if due, waits for `writeMarks`. */
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

  /** Adds a stretch, new or restored. Of two at the same place the later is valid: the first has no lines. */
  addStretch(stretch: StretchRecord): void {
    while (this.#stretch.line > stretch.line) if (!this.#reopen()) break;
    const { n, line, at } = this.#stretch;
    const lines = stretch.line - line;
    if (lines > 0) this.#stretches.push({ n, lines, at, bytes: stretch.at - at, line });
    this.#stretch = stretch;
  }

  /** Forgets all numbering: another log will replace this one. */
  reset(): void {
    this.#stretches.release();
    this.#stretch = { t: "stretch", f: this.name, at: 0, line: 0, n: 1 };
    this.#marks.length = 0;
  }

  /** Releases resources outside of memory. */
  release(): void {
    this.#stretches.release();
  }

  addMark(mark: MarkRecord): void {
    this.#marks.push(mark);
  }

  /**
   * Forgets stretches and marks beyond the end of the file, whose lines a power cut took. Records this in the sidecar
   * before the next lines, which the next start would otherwise number by them.
   */
  cut(sizeBytes: number): void {
    if (this.forgetBehind(sizeBytes)) this.#isCut = true;
  }

  /** Like `cut`, when the sidecar has it already. Returns whether there were any. */
  forgetBehind(sizeBytes: number): boolean {
    const isBehind = this.#stretch.at > sizeBytes || this.#lastMarkAt > sizeBytes;
    while (this.#lastMarkAt > sizeBytes) this.#marks.pop();
    while (this.#stretch.at > sizeBytes) if (!this.#reopen()) break;
    return isBehind;
  }

  /** Stretches that hold number `n` or higher, in order of n; at most `limit`. */
  segments(n: number, limit: number): Segment[] {
    const segments = this.#stretches.from(n, limit).map((stretch) => ({ log: this, ...stretch }));
    const { n: first, line, at } = this.#stretch;
    const lines = this.lines - line;
    if (lines <= 0 || first + lines <= n) return segments;
    const place = segments.findLastIndex((segment) => segment.n < first) + 1;
    segments.splice(place, 0, { log: this, n: first, lines, at, bytes: this.size - at, line });
    return segments.slice(0, limit);
  }

  /** Makes the previous stretch the last again. False if there is none. */
  #reopen(): boolean {
    const stretch = this.#stretches.pop();
    if (stretch === undefined) return false;
    this.#stretch = { t: "stretch", f: this.name, at: stretch.at, line: stretch.line, n: stretch.n };
    return true;
  }

  /** The nearest place at or before line number `n` of a segment from which lines can be counted. */
  placeBefore(segment: Segment, n: number): { at: number; n: number } {
    const line = segment.line + (n - segment.n);
    if (this.#members !== undefined) {
      const member = memberAt(this.#members.lineAt, line);
      return { at: this.#members.textAt[member] ?? 0, n: 1 + (this.#members.lineAt[member] ?? 0) };
    }
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

  /** The nearest place at or before byte `at` where a line begins whose number is known. */
  numberBefore(at: number): { at: number; n: number } {
    if (this.#members !== undefined) return startOf(this.#members, memberAt(this.#members.textAt, at));
    const stretch = this.#stretchAt(at);
    const mark = this.#marks[this.#marksUpTo(({ at: markAt }) => markAt <= at) - 1];
    if (mark === undefined || mark.at <= stretch.at) return { at: stretch.at, n: stretch.n };
    return { at: mark.at, n: stretch.n + mark.line - stretch.line };
  }

  /** The nearest place behind byte `at`, in its stretch, at which a line ends whose follower's number is known. */
  numberBehind(at: number): { at: number; n: number } | undefined {
    if (this.#members !== undefined) return startOf(this.#members, memberAt(this.#members.textAt, at) + 1);
    const stretch = this.#stretchAt(at);
    // Only the last stretch has no end but that of the log.
    if (stretch.at !== this.#stretch.at) return undefined;
    const mark = this.#marks[this.#marksUpTo(({ at: markAt }) => markAt <= at)];
    const [line, end] = mark === undefined ? [this.lines, this.size] : [mark.line, mark.at];
    return { at: end, n: stretch.n + line - stretch.line };
  }

  /** Bytes that hold the first line of a time, if lines are in order of time, and the times known at both ends. */
  bracketOf(time: string): { from: number; to: number; fromTime?: string; toTime?: string } {
    const next = this.#marksUpTo((mark) => mark.time < time);
    const [before, after] = [this.#marks[next - 1], this.#marks[next]];
    return {
      from: before?.at ?? 0,
      to: after?.at ?? this.size,
      ...(before === undefined ? {} : { fromTime: before.time }),
      ...(after === undefined ? {} : { toTime: after.time }),
    };
  }

  /** Notes where the log ends, once it is whole: the next load need not count its last lines. */
  markEnd(time: string): void {
    if (this.size === this.#lastMarkAt) return;
    const { size: at, lines: line, fragments, expectedN: n } = this;
    const mark: MarkRecord = { t: "mark", f: this.name, at, line, fragments, n, time };
    this.#sidecar.append(mark);
    this.#marks.push(mark);
  }

  /** How many of the first marks are of this kind. */
  #marksUpTo(isBefore: (mark: MarkRecord) => boolean): number {
    let [low, high] = [0, this.#marks.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const mark = this.#marks[middle];
      if (mark !== undefined && isBefore(mark)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The stretch that byte `at` is in. */
  #stretchAt(at: number): { readonly at: number; readonly n: number; readonly line: number } {
    if (this.#stretch.at <= at) return this.#stretch;
    for (let n = 1; ; ) {
      const some = this.#stretches.from(n, STRETCHES_AT_ONCE);
      const found = some.find((stretch) => stretch.at <= at && at < stretch.at + stretch.bytes);
      const last = some.at(-1);
      if (found !== undefined || last === undefined) return found ?? this.#stretch;
      n = last.n + last.lines;
    }
  }

  get #lastMarkAt(): number {
    return this.#marks[this.#marks.length - 1]?.at ?? 0;
  }

  /** A mark for the end of the file, if enough was written since the last one. `cri` was written last. */
  #markDue(cri: Buffer): MarkRecord | undefined {
    if (this.size - this.#lastMarkAt < MARK_EVERY_BYTES) return undefined;
    const lastLineAt = cri.lastIndexOf(LINE_FEED, cri.length - 2) + 1;
    const time = cri.toString("latin1", lastLineAt, lastLineAt + CRI.timeCharacters);
    const { size: at, lines: line, fragments, expectedN: n } = this;
    return { t: "mark", f: this.name, at, line, fragments, n, time };
  }
}

/** Where a member of a sealed log begins, or the text ends. */
function startOf({ textAt, lineAt }: MemberTable, member: number): { at: number; n: number } {
  return { at: textAt[member] ?? 0, n: 1 + (lineAt[member] ?? 0) };
}
