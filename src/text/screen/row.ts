import { columnsOf, MAX_COLUMNS, widthOf } from "./cells.ts";
import { PLAIN, type Style, sameStyle } from "./style.ts";

/** A stretch of a row in one style. `end` is an index into the row's text, exclusive. */
export interface Span {
  readonly end: number;
  readonly style: Style;
}

/** More than the viewer shows of a bar's earlier states: a bar may be redrawn for days. */
const MAX_PRINTED_BY = 2_048;

/** The second column of a wide character. */
const COVERED = "";

/**
 * One row of a terminal.
 *
 * Most rows are only appended to and stay flat: text and spans. The first operation that goes back into a row splits it
 * into cells, one per column.
 */
export class Row {
  /** Lines that printed on this row: the first and the most recent ones. */
  readonly printedBy: number[] = [];
  #text = "";
  #spans: { end: number; style: Style }[] = [];
  #columns = 0;
  #cells: string[] | undefined;
  #styles: Style[] = [];

  /** Undefined for a skipped row, like `lastN`. */
  get firstN(): number | undefined {
    return this.printedBy[0];
  }

  get lastN(): number | undefined {
    return this.printedBy.at(-1);
  }

  /** Notes that a line prints on this row. */
  touch(n: number): void {
    if (this.lastN === n) return;
    if (this.printedBy.length === MAX_PRINTED_BY) this.printedBy.splice(1, MAX_PRINTED_BY / 2);
    this.printedBy.push(n);
  }

  /** Width in columns. */
  get width(): number {
    return this.#cells?.length ?? this.#columns;
  }

  /** The row's text. Trailing spaces are kept; skipped cells are spaces. */
  get text(): string {
    return this.#cells?.join("") ?? this.#text;
  }

  /** The styles of `text`, without gaps, in order. Empty for an empty row. */
  get spans(): readonly Span[] {
    if (this.#cells === undefined) return this.#spans;
    const spans: { end: number; style: Style }[] = [];
    let end = 0;
    for (const [i, cell] of this.#cells.entries()) {
      if (cell === COVERED) continue;
      end += cell.length;
      addSpan(spans, end, this.#styles[i] ?? PLAIN);
    }
    return spans;
  }

  /** Prints at a column, over existing text. @returns the column after it. */
  print(column: number, text: string, style: Style): number {
    if (this.#cells === undefined && column >= this.#columns) {
      if (column > this.#columns) this.#append(" ".repeat(column - this.#columns), PLAIN);
      this.#append(text, style);
      return this.#columns;
    }
    this.#takeApart();
    let at = column;
    for (const character of text) {
      const width = widthOf(character);
      if (width === 0) this.#join(at, character);
      else {
        this.#fill(at);
        this.#splitWide(at);
        this.#splitWide(at + width);
        for (let i = 0; i < width; i += 1) this.#put(at + i, i === 0 ? character : COVERED, style);
        at += width;
      }
    }
    return at;
  }

  /** Removes everything from a column on. */
  cut(column: number): void {
    if (column >= this.width) return;
    const cells = this.#takeApart();
    this.#splitWide(column);
    cells.length = column;
    this.#styles.length = column;
  }

  /** Blanks `count` cells; the others keep their columns. */
  erase(column: number, count: number): void {
    const cells = this.#takeApart();
    const end = Math.min(column + count, cells.length);
    this.#splitWide(column);
    this.#splitWide(end);
    for (let i = column; i < end; i += 1) this.#put(i, " ", PLAIN);
  }

  /** Removes `count` cells; those to the right move left. */
  delete(column: number, count: number): void {
    const cells = this.#takeApart();
    if (column >= cells.length) return;
    this.#splitWide(column);
    this.#splitWide(column + count);
    cells.splice(column, count);
    this.#styles.splice(column, count);
  }

  /** Inserts `count` blanks; cells to the right move right, and off the row beyond MAX_COLUMNS. */
  insert(column: number, count: number): void {
    const cells = this.#takeApart();
    if (column >= cells.length) return;
    this.#splitWide(column);
    const widest = Math.max(cells.length, MAX_COLUMNS);
    const blanks = Math.min(count, widest);
    cells.splice(column, 0, ...new Array<string>(blanks).fill(" "));
    this.#styles.splice(column, 0, ...new Array<Style>(blanks).fill(PLAIN));
    this.cut(widest);
  }

  #append(text: string, style: Style): void {
    this.#text += text;
    this.#columns += columnsOf(text);
    addSpan(this.#spans, this.#text.length, style);
  }

  #takeApart(): string[] {
    if (this.#cells !== undefined) return this.#cells;
    const cells: string[] = [];
    this.#cells = cells;
    let from = 0;
    for (const { end, style } of this.#spans) {
      for (const character of this.#text.slice(from, end)) {
        const width = widthOf(character);
        if (width === 0) this.#join(cells.length, character);
        for (let i = 0; i < width; i += 1) this.#put(cells.length, i === 0 ? character : COVERED, style);
      }
      from = end;
    }
    this.#text = "";
    this.#spans = [];
    return cells;
  }

  #put(column: number, cell: string, style: Style): void {
    if (this.#cells !== undefined) this.#cells[column] = cell;
    this.#styles[column] = style;
  }

  /** A mark joins the character left of the column; at the start of a row it is dropped, as terminals do. */
  #join(column: number, mark: string): void {
    const cells = this.#cells ?? [];
    const before = cells[column - 1] === COVERED ? column - 2 : column - 1;
    const cell = cells[before];
    if (cell !== undefined) cells[before] = cell + mark;
  }

  #fill(column: number): void {
    for (let i = this.width; i < column; i += 1) this.#put(i, " ", PLAIN);
  }

  /** A wide character whose second column this is becomes two blanks. */
  #splitWide(column: number): void {
    if (this.#cells?.[column] !== COVERED) return;
    this.#put(column - 1, " ", this.#styles[column - 1] ?? PLAIN);
    this.#put(column, " ", this.#styles[column] ?? PLAIN);
  }
}

function addSpan(spans: { end: number; style: Style }[], end: number, style: Style): void {
  const last = spans.at(-1);
  if (last !== undefined && sameStyle(last.style, style)) last.end = end;
  else spans.push({ end, style });
}
