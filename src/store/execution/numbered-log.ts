import type { Chunk } from "../../frame/chunk.ts";
import { CRI } from "../../wire/cri.ts";
import type { AppendFile, OpenFiles } from "../disk/open-files.ts";
import type { Stretch, StretchList } from "../numbers/stretches.ts";
import { type MemberTable, memberAt, type SealedRecord, tableOf } from "../sealed/member-table.ts";
import { blocks } from "./disk-bytes.ts";
import { LogMarks } from "./log-marks.ts";
import { LogNumbering } from "./log-numbering.ts";
import type { CutRecord, LogName, MarkRecord, Sidecar, StretchRecord } from "./sidecar.ts";

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
  readonly #numbering: LogNumbering;
  readonly #marks: LogMarks;
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
    this.#numbering = new LogNumbering(options.name, options.stretches);
    this.#marks = new LogMarks(options.name);
  }

  /** The next line's number unless a stretch record says otherwise. */
  get expectedN(): number {
    const { n, line } = this.#numbering.last;
    return n + this.lines - line;
  }

  /** Bytes as printed: without the prefixes, and without the line feeds that the file adds to fragments. */
  get printedBytes(): number {
    return this.size - this.lines * CRI.prefixCharacters - this.fragments;
  }

  /** Number of stretches held in memory. */
  get stretchesHeld(): number {
    return this.#numbering.held;
  }

  /** The members of a sealed log; then places are those of its text. */
  get members(): MemberTable | undefined {
    return this.#members;
  }

  /** Disk space of its files. Read for each chunk. */
  get diskBytes(): number {
    return this.#members === undefined ? blocks(this.size) : this.#sealedDiskBytes;
  }

  /** Notes that a sealed file holds the log: lines 1 to the last, without a hole. */
  seal(record: SealedRecord): void {
    this.size = record.bytes;
    this.lines = record.lines;
    this.fragments = record.fragments;
    this.#members = tableOf(record);
    this.#sealedDiskBytes = blocks(record.fileBytes) + blocks(record.filterBytes);
  }

  get marks(): readonly MarkRecord[] {
    return this.#marks.all;
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
    const mark = this.#marks.due(this, chunk.cri);
    if (mark === undefined) return;
    try {
      this.#sidecar.append(mark);
      this.#marks.add(mark);
    } catch {
      // The lines are stored and counted; a reader scans a little more until the next mark is written.
    }
  }

  /** Counts a chunk that the caller wrote to the file; its mark, if due, waits for `writeMarks`. */
  count(chunk: Chunk): void {
    this.size += chunk.cri.length;
    this.lines += chunk.count;
    this.fragments += chunk.fragments;
    const mark = this.#marks.due(this, chunk.cri);
    if (mark !== undefined) this.#marks.add(mark);
  }

  writeMarks(): void {
    for (const mark of this.marks) this.#sidecar.append(mark);
  }

  /** Adds a stretch, new or restored. Of two at the same place the later is valid: the first has no lines. */
  addStretch(stretch: StretchRecord): void {
    this.#numbering.add(stretch);
  }

  /** Forgets all numbering: another log will replace this one. */
  reset(): void {
    this.#numbering.reset();
    this.#marks.reset();
  }

  /** Releases resources outside of memory. */
  release(): void {
    this.#numbering.release();
  }

  addMark(mark: MarkRecord): void {
    this.#marks.add(mark);
  }

  /**
   * Forgets stretches and marks beyond the end of the file, whose lines a power cut took. Records this in the sidecar
   * before the next lines, which the next start would otherwise number by them.
   */
  cut(sizeBytes: number): void {
    if (this.forgetBehind(sizeBytes)) this.#isCut = true;
  }

  /** Like `cut`, when the sidecar already records it. Returns whether there were any. */
  forgetBehind(sizeBytes: number): boolean {
    const isBehind = this.#numbering.last.at > sizeBytes || this.#marks.lastAt > sizeBytes;
    this.#marks.forgetBehind(sizeBytes);
    this.#numbering.forgetBehind(sizeBytes);
    return isBehind;
  }

  /** Stretches that hold number `n` or higher, in order of n; at most `limit`. */
  segments(n: number, limit: number): Segment[] {
    return this.#numbering.from(n, limit, this).map((stretch) => ({ log: this, ...stretch }));
  }

  /** The nearest place at or before line number `n` of a segment from which lines can be counted. */
  placeBefore(segment: Segment, n: number): { at: number; n: number } {
    const line = segment.line + (n - segment.n);
    if (this.#members !== undefined) {
      const member = memberAt(this.#members.lineAt, line);
      return { at: this.#members.textAt[member] ?? 0, n: 1 + (this.#members.lineAt[member] ?? 0) };
    }
    const { before: mark } = this.#marks.around((known) => known.line <= line);
    if (mark === undefined || mark.line <= segment.line) return { at: segment.at, n: segment.n };
    return { at: mark.at, n: segment.n + (mark.line - segment.line) };
  }

  /** The nearest place at or before byte `at` where a line begins whose number is known. */
  numberBefore(at: number): { at: number; n: number } {
    if (this.#members !== undefined) return startOf(this.#members, memberAt(this.#members.textAt, at));
    const stretch = this.#numbering.at(at);
    const { before: mark } = this.#marks.around((known) => known.at <= at);
    if (mark === undefined || mark.at <= stretch.at) return { at: stretch.at, n: stretch.n };
    return { at: mark.at, n: stretch.n + mark.line - stretch.line };
  }

  /** The nearest place after byte `at`, in its stretch, where a line ends and the next one's number is known. */
  numberBehind(at: number): { at: number; n: number } | undefined {
    if (this.#members !== undefined) return startOf(this.#members, memberAt(this.#members.textAt, at) + 1);
    const stretch = this.#numbering.at(at);
    // Only the last stretch ends with the log.
    if (stretch.at !== this.#numbering.last.at) return undefined;
    const { behind: mark } = this.#marks.around((known) => known.at <= at);
    const [line, end] = mark === undefined ? [this.lines, this.size] : [mark.line, mark.at];
    return { at: end, n: stretch.n + line - stretch.line };
  }

  /** Bytes that hold the first line of a time, if lines are in order of time, and the times known at both ends. */
  bracketOf(time: string): { from: number; to: number; fromTime?: string; toTime?: string } {
    const { before, behind } = this.#marks.around((mark) => mark.time < time);
    return {
      from: before?.at ?? 0,
      to: behind?.at ?? this.size,
      ...(before === undefined ? {} : { fromTime: before.time }),
      ...(behind === undefined ? {} : { toTime: behind.time }),
    };
  }

  /** Marks the end of a whole log, so that the next load need not count its last lines. */
  markEnd(time: string): void {
    if (this.size === this.#marks.lastAt) return;
    const mark = this.#marks.at(this, time);
    this.#sidecar.append(mark);
    this.#marks.add(mark);
  }
}

/** Where a member of a sealed log begins, or the text ends. */
function startOf({ textAt, lineAt }: MemberTable, member: number): { at: number; n: number } {
  return { at: textAt[member] ?? 0, n: 1 + (lineAt[member] ?? 0) };
}
