import type { LineRange } from "../../../../src/wire/api.ts";
import type { StreamLooks } from "../../../../src/wire/stream-looks.ts";
import type { LogLine } from "../../api-parse.ts";
import type { Coverage } from "./coverage.ts";
import { emptyCoverage } from "./coverage.ts";
import { movesUp } from "./cursor-moves.ts";
import { HeldRows } from "./held-rows.ts";
import type { LogRow } from "./log-row.ts";
import { joinRow, makeRow } from "./make-row.ts";
import type { RowOrder } from "./row-order.ts";
import { StreamStyles } from "./stream-styles.ts";
import { WINDOW_LIMITS, type WindowLimits } from "./window-limits.ts";

/** Dropping rows one by one would copy the list each time: an eighth goes at once. */
const TRIMMED_PART = 8;
const ROOM_PART = 0.8;

/**
 * The lines around the view, of one execution or of several merged by time, bounded in rows and characters.
 * It knows which part of each execution it covers; its owner decides what to fetch and when.
 */
export class LogWindow {
  readonly order: RowOrder;
  readonly #limits: WindowLimits;
  readonly #coverage: Coverage[] = [];
  /** The last row of each execution: the next piece of its line goes there. */
  readonly #tails: (LogRow | undefined)[] = [];
  readonly #styles = new StreamStyles();
  readonly #held: HeldRows;
  #version = 0;
  /** Some line moves the cursor to rows of earlier ones. */
  hasMoves = false;

  constructor(order: RowOrder, limits = WINDOW_LIMITS) {
    this.order = order;
    this.#limits = limits;
    this.#held = new HeldRows(order);
  }

  /** Adds an execution with no lines yet. Returns the index by which rows name it. */
  addSource(from: number, time?: string): number {
    this.#version += 1;
    this.#coverage.push(emptyCoverage(from, time));
    const source = this.#coverage.length - 1;
    this.#styles.begin(source, from);
    return source;
  }

  coverage(source: number): Readonly<Coverage> {
    return this.#coverage[source] ?? emptyCoverage(1);
  }

  /** Different after every change. */
  get version(): number {
    return this.#version;
  }

  /** All rows held, in order. The caller must not keep it past the next change. */
  get rows(): readonly LogRow[] {
    return this.#held.all;
  }

  get isFull(): boolean {
    return this.#held.length > this.#limits.maxRows || this.#held.characters > this.#limits.maxCharacters;
  }

  /** Another page fits without dropping rows; `followed`: nor will the next `trimFollowed`. */
  hasRoom({ followed }: { readonly followed: boolean }): boolean {
    const { maxRows, followedRows, maxCharacters } = this.#limits;
    const most = followed ? followedRows : maxRows;
    return this.#held.length < most * ROOM_PART && this.#held.characters < maxCharacters * ROOM_PART;
  }

  /** Drops all rows of an execution and restarts its coverage at line `from`, printed at about `time`. */
  restart(source: number, from: number, time?: string): void {
    this.#held.keep((row) => row.source !== source);
    this.begin(source, from, time);
  }

  /** Restarts the coverage of an execution without rows at line `from`, printed at about `time`. */
  begin(source: number, from: number, time?: string): void {
    this.#version += 1;
    this.#coverage[source] = emptyCoverage(from, time);
    this.#tails[source] = undefined;
    this.#styles.begin(source, from);
  }

  /** Drops all rows, and restarts the coverage of each execution. */
  restartAll(from: (source: number) => number): void {
    this.#version += 1;
    this.#styles.forgetAll();
    this.#held.clear();
    for (const source of this.#coverage.keys()) this.begin(source, from(source));
  }

  /** Adds lines after the covered ones: all that is stored up to `to`. Ignores those already covered. */
  extendEnd(source: number, lines: readonly LogLine[], to = lines.at(-1)?.n ?? 0): void {
    this.#version += 1;
    const coverage = this.#coverage[source];
    if (coverage === undefined) return;
    this.#noteMoves(lines);
    for (const line of lines) {
      if (line.n <= coverage.to) continue;
      if (coverage.to < coverage.from && !coverage.isStartKnown) coverage.firstTime = line.time;
      coverage.lastTime = line.time;
      coverage.to = line.n;
      this.#append(source, makeRow(line, source));
    }
    coverage.to = Math.max(coverage.to, to);
  }

  /** Adds lines before the covered ones: all that is stored from `from` on. */
  extendStart(source: number, lines: readonly LogLine[], from: number): void {
    this.#version += 1;
    const coverage = this.#coverage[source];
    if (coverage === undefined || from >= coverage.from) return;
    const earlier = lines.filter((line) => line.n >= from && line.n < coverage.from);
    const wasEmpty = coverage.to < coverage.from;
    const last = this.#insert(source, earlier);
    coverage.from = from;
    coverage.firstTime = earlier[0]?.time ?? coverage.firstTime;
    if (!wasEmpty || last === undefined) return;
    coverage.lastTime = last.time;
    this.#tails[source] = last;
  }

  /** Records the looks of an execution's streams before line `n`. */
  know(source: number, n: number, looks: StreamLooks): void {
    if (n < this.coverage(source).from) return;
    this.#version += 1;
    this.#pinStyles(source);
    this.#styles.know(source, n, looks);
    this.#carryStyles(source);
  }

  /** Adds lines that were missing within the covered range. Ignores those already there. */
  fill(source: number, lines: readonly LogLine[]): void {
    this.#version += 1;
    const { from, to } = this.coverage(source);
    const within = lines.filter((line) => line.n >= from && line.n <= to);
    if (within.length > 0) this.#insert(source, this.#held.lacking(source, within));
  }

  /** Drops the rows on one side of a hole too large to fill: the smaller side. */
  cut(source: number, [from, to]: LineRange): void {
    this.#version += 1;
    const coverage = this.#coverage[source];
    if (coverage === undefined) return;
    const before = this.rows.filter((row) => row.source === source && row.to < from);
    const after = this.rows.filter((row) => row.source === source && row.n > to);
    const isEndKept = after.length >= before.length;
    const gone = new Set(isEndKept ? before : after);
    this.#held.keep((row) => !gone.has(row));
    if (isEndKept) {
      coverage.from = to + 1;
      coverage.firstTime = after[0]?.time ?? coverage.lastTime;
    } else {
      coverage.to = from - 1;
      coverage.lastTime = before.at(-1)?.time ?? coverage.firstTime;
      this.#tails[source] = undefined;
    }
  }

  /** Records that this execution printed nothing between its covered lines and `time`. */
  coverUntil(source: number, time: string): void {
    this.#version += 1;
    const coverage = this.#coverage[source];
    if (coverage !== undefined && coverage.lastTime < time) coverage.lastTime = time;
  }

  /** Drops rows of earlier lines, down to what a view that follows the end needs. Returns whether it had to. */
  trimFollowed(): boolean {
    return this.trim("start", this.#limits.followedRows);
  }

  /** Brings the window back to its limits by dropping rows at one end. Returns whether it had to. */
  trim(end: "start" | "end", maxRows = this.#limits.maxRows): boolean {
    const isFull = (): boolean => this.isFull || this.#held.length > maxRows;
    const isTrimmed = isFull();
    if (isTrimmed) this.#version += 1;
    while (isFull() && this.#held.length > 1) {
      const gone = this.#held.drop(end, Math.ceil(this.#held.length / TRIMMED_PART));
      for (const row of end === "start" ? gone : gone.toReversed()) this.#letGo(row, end);
    }
    return isTrimmed;
  }

  #letGo(row: LogRow, end: "start" | "end"): void {
    const coverage = this.#coverage[row.source];
    if (coverage === undefined) return;
    if (end === "start") {
      coverage.from = Math.max(coverage.from, row.to + 1);
      coverage.firstTime = row.time;
      coverage.isStartKnown = true;
      if (coverage.to < coverage.from) coverage.to = coverage.from - 1;
    } else {
      coverage.to = Math.min(coverage.to, row.n - 1);
      coverage.lastTime = row.time;
    }
    if (this.#tails[row.source] === row || end === "end") this.#tails[row.source] = undefined;
  }

  #noteMoves(lines: readonly LogLine[]): void {
    this.hasMoves ||= lines.some(({ text }) => movesUp(text));
  }

  #append(source: number, piece: LogRow): void {
    const tail = this.#tails[source];
    const { joined, row: made } = joinRow(tail, this.#styles.styled(piece));
    this.#tails[source] = made;
    if (!joined || tail === undefined || !this.#held.replace(tail, made)) this.#held.add(made);
  }

  /** Inserts lines in order. Returns the row of the last one. */
  #insert(source: number, lines: readonly LogLine[]): LogRow | undefined {
    this.#noteMoves(lines);
    this.#pinStyles(source);
    const held = this.#held;
    held.insert(
      source,
      lines.map((line) => makeRow(line, source)),
    );
    const rowOf = (n: number | undefined) => (n === undefined ? undefined : held.rowOf(source, n));
    this.#tails[source] = rowOf(this.#tails[source]?.to);
    this.#carryStyles(source);
    return rowOf(lines.at(-1)?.n);
  }

  /** Keeps the looks left on by lines that the window no longer holds. */
  #pinStyles(source: number): void {
    const [from, rows] = [this.coverage(source).from, this.rows];
    const first = (stderr: boolean) => rows.find((row) => row.source === source && row.stderr === stderr);
    if (from > 1) this.#styles.pin(source, from, { stdout: first(false), stderr: first(true) });
  }

  /** Carries the look of each line to the next one, after lines were inserted. */
  #carryStyles(source: number): void {
    this.#styles.rewind(source);
    this.#held.map((row) => {
      if (row.source !== source) return row;
      const styled = this.#styles.styled(row);
      if (this.#tails[source] === row) this.#tails[source] = styled;
      return styled;
    });
  }
}
