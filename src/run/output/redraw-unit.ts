import type { Token } from "./cursor.ts";
import { columnsBetween, isNarrow, nextFixed } from "./volatile.ts";

/** Where the cursor stands, with the known surroundings. */
export interface Place {
  /** Least number of rows above it on the screen. */
  readonly above: number;
  /** Undefined: unknown. */
  readonly column: number | undefined;
  /** Whether no colour is on. False: perhaps one is. */
  readonly isPlain: boolean;
}

/** Text between two movements of the cursor. */
interface Visit {
  readonly row: number;
  /** Undefined: unknown. */
  readonly start: number | undefined;
  columns: number;
  erases: boolean;
}

/** Rows of the screen (`SCREEN_ROWS` of the line screen): the cursor goes no further up or down. */
const LAST_ROW = 63;
/** The sequences that end all colours. */
const RESETS: readonly string[] = ["\x1b[m", "\x1b[0m"];

/**
 * Output that begins and ends in one row: a redraw of it, or of rows around it. Rows count from there, downwards.
 *
 * It may be left out if a later one with the same `key` writes every cell that it wrote, and leaves cursor and colours
 * where it found them.
 */
export class RedrawUnit {
  readonly from: number;
  to: number;
  /** Text, and control sequences to the byte, which stay from one redraw to the next. */
  key = "";
  row = 0;
  readonly entry: Place;
  #column: number | undefined;
  #above: number;
  #isPlain: boolean;
  /** Whether the cursor's column was set before anything was printed. */
  #setsColumn = false;
  #hasPrinted = false;
  #hasColour = false;
  #isOpaque = false;
  /** Columns moved back by backspaces or `CSI D`, before anything else. */
  #back = 0;
  #isBackOnly = true;
  readonly #visits: Visit[] = [];
  /** Whether the cursor has moved since the last visit. */
  #newVisit = true;
  readonly #erasedRows = new Set<number>();
  #erasedBelow = Number.POSITIVE_INFINITY;

  constructor(from: number, entry: Place) {
    this.from = from;
    this.to = from;
    this.entry = entry;
    this.#column = entry.column;
    this.#above = entry.above;
    this.#isPlain = entry.isPlain;
  }

  /** Where the cursor stands after the unit. */
  get exit(): Place {
    const column = this.#isRelative ? this.entry.column : this.#column;
    return { above: this.#above, column, isPlain: this.#isPlain };
  }

  /**
   * Whether the screen is the same without it.
   *
   * @param later Has the same key. @param between Units printed between the two, in any order.
   */
  isRedrawnBy(later: RedrawUnit, between: readonly RedrawUnit[]): boolean {
    const all = [this, ...between, later];
    if (all.some((unit) => unit.#isOpaque || unit.row !== 0)) return false;
    if (this.#hasColour && !(this.entry.isPlain && this.#isPlain)) return false;
    if (all.some((unit) => unit.#isRelative))
      return all.every((unit) => unit.#isRelative) && this.#back === later.#back;
    const staysInColumn = this.entry.column !== undefined && this.entry.column === this.#column;
    if (!staysInColumn && !all.slice(1).every((unit) => unit.#setsColumn)) return false;
    return this.#visits.every((visit, i) => later.#covers(visit, later.#visits[i]));
  }

  add(bytes: Buffer, at: number, token: Token): void {
    this.to = token.end;
    if (token.kind === "text") this.#print(bytes, at, token.end);
    else this.#control(bytes.toString("latin1", at, token.end), token);
  }

  /** Whether it first goes back by as many columns as it then prints: the row before it does not matter. */
  get #isRelative(): boolean {
    return this.#back > 0 && this.#isBackOnly && this.#visits.length === 1 && this.#visits[0]?.columns === this.#back;
  }

  #covers(visit: Visit, own: Visit | undefined): boolean {
    if (own === undefined || visit.start === undefined || own.start !== visit.start || own.row !== visit.row)
      return false;
    return own.columns >= visit.columns || own.erases || this.#erasedRows.has(own.row) || own.row >= this.#erasedBelow;
  }

  #print(bytes: Buffer, from: number, to: number): void {
    const visit = this.#visit();
    for (let at = from; at < to; ) {
      const fixed = nextFixed(bytes, at, to, from);
      if (fixed < to) this.key += String.fromCharCode(bytes[fixed] ?? 0);
      at = fixed + 1;
    }
    const columns = columnsBetween(bytes, from, to);
    const isKnown = isNarrow(bytes, from, to);
    visit.columns += columns;
    this.#isBackOnly &&= isKnown;
    if (this.#column !== undefined) this.#column = isKnown ? this.#column + columns : undefined;
    this.#hasPrinted = true;
  }

  #control(sequence: string, { kind, count }: Token): void {
    this.key += sequence;
    if (kind === "mode") return;
    if (kind === "m") {
      this.#hasColour = true;
      this.#isPlain = RESETS.includes(sequence);
    } else if (kind === "\b" || kind === "D") this.#goBack(count);
    else if (kind === "K" || kind === "J") this.#erase(kind, count);
    else if (kind === "\r") this.#setColumn(0);
    else if (kind === "G") this.#setColumn(count - 1);
    else if (kind === "\n") this.#goDown();
    else if (kind === "A" || kind === "F") this.#goUp(count, kind);
    else this.#spoil();
    // The cursor may have gone anywhere.
    if (kind === "other" && sequence.startsWith("\x1b")) this.#above = 0;
  }

  /** Counts only as the first movement: elsewhere it is unknown how far the cursor goes. */
  #goBack(count: number): void {
    if (this.#hasPrinted || this.#setsColumn || this.row !== 0) this.#spoil();
    this.#back += count;
    this.#column = this.#column === undefined ? undefined : Math.max(0, this.#column - count);
  }

  #erase(kind: "J" | "K", mode: number): void {
    const isHome = this.#column === 0;
    if (kind === "K" && mode === 2) this.#erasedRows.add(this.row);
    else if (kind === "K" && mode === 0) this.#visit().erases = true;
    else if (kind === "J" && mode === 0 && isHome) this.#erasedBelow = Math.min(this.#erasedBelow, this.row);
    else this.#spoil();
    if (kind === "J" || mode === 2) this.#isBackOnly = false;
    // The erased part depends on the column, like printed text.
    if (mode === 0) this.#hasPrinted = true;
  }

  #setColumn(column: number): void {
    this.#isBackOnly = false;
    if (!this.#hasPrinted) this.#setsColumn = true;
    this.#column = column;
    this.#newVisit = true;
  }

  #goDown(): void {
    this.#setColumn(0);
    this.row += 1;
    this.#above = Math.min(LAST_ROW, this.#above + 1);
  }

  #goUp(count: number, kind: "A" | "F"): void {
    this.#isBackOnly = false;
    if (kind === "F") this.#setColumn(0);
    if (count > this.#above) this.#spoil();
    this.row -= Math.min(count, this.#above);
    this.#above = Math.max(0, this.#above - count);
    this.#newVisit = true;
  }

  #visit(): Visit {
    const last = this.#visits.at(-1);
    if (last !== undefined && !this.#newVisit) return last;
    const visit = { row: this.row, start: this.#column, columns: 0, erases: false };
    this.#newVisit = false;
    this.#visits.push(visit);
    return visit;
  }

  #spoil(): void {
    this.#isOpaque = true;
    this.#column = undefined;
  }
}
