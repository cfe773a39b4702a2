import { MAX_COLUMNS } from "./cells.ts";
import { EscapeParser, type EscapeSink } from "./escape-parser.ts";
import { Row } from "./row.ts";
import { applyOsc, applySgr, PLAIN, type Style } from "./style.ts";

/** Rows that a program can still move its cursor to: the height of the screen. */
export const SCREEN_ROWS = 64;

const TAB_STOP = 8;
const BACKSPACE = 0x08;
const TAB = 0x09;
const LINE_FEEDS: readonly number[] = [0x0a, 0x0b, 0x0c];
const CARRIAGE_RETURN = 0x0d;
const BEGINNING_TO_CURSOR = 1;
const WHOLE_ROW = 2;

/**
 * A terminal of 64 rows and unbounded width showing one stream: rows rewritten by carriage returns, backspaces and
 * cursor movements, in their final colours (ECMA-48; the sequences that progress bars use).
 *
 * Give it the lines of a stream in order. `rows` are on the screen and may change; `takeSettled` hands over those that
 * scrolled off it and can no longer change. Unknown sequences leave no trace.
 */
export class LineScreen {
  readonly #parser: EscapeParser;
  #rows: Row[] = [];
  #settled: Row[] = [];
  #row = 0;
  #column = 0;
  #style: Style;
  #n: number | undefined;

  /** @param style the look left on by earlier lines of the stream. */
  constructor(style: Style = PLAIN) {
    this.#style = style;
    const sink: EscapeSink = {
      print: (text) => this.#print(text),
      control: (code) => this.#control(code),
      csi: (final, parameters) => this.#csi(final, parameters),
      osc: (text) => {
        this.#style = applyOsc(this.#style, text);
      },
    };
    this.#parser = new EscapeParser(sink);
  }

  /** The rows that can still change, oldest first. */
  get rows(): readonly Row[] {
    return this.#rows;
  }

  /** The look of the next character. */
  get style(): Style {
    return this.#style;
  }

  /**
   * Prints a line, or a piece of one.
   *
   * @param n the number of the line, or of the piece.
   * @param isPiece the line continues in the next call.
   */
  write(text: string, n: number, isPiece: boolean): void {
    this.#n = n;
    this.#parser.write(text);
    if (isPiece) return;
    this.#parser.endLine();
    this.#touch();
    this.#lineFeed();
  }

  /** The rows that scrolled off the screen since the last call. */
  takeSettled(): Row[] {
    const settled = this.#settled;
    this.#settled = [];
    return settled;
  }

  #print(text: string): void {
    this.#column = this.#touch().print(this.#column, text, this.#style);
  }

  #control(code: number): void {
    if (code === CARRIAGE_RETURN) this.#column = 0;
    else if (code === BACKSPACE) this.#column = Math.max(0, this.#column - 1);
    else if (code === TAB) this.#column = Math.floor(this.#column / TAB_STOP + 1) * TAB_STOP;
    else if (LINE_FEEDS.includes(code)) this.#lineFeed();
  }

  #csi(final: string, parameters: string): void {
    if (final === "m") {
      this.#style = applySgr(this.#style, parameters);
      return;
    }
    const count = Math.max(1, Number(parameters.split(";", 1)[0] || 1)) || 1;
    if (final === "K") this.#eraseInLine(Number(parameters || 0));
    else if (final === "J" && Number(parameters || 0) === 0) this.#eraseBelow();
    else if (final === "P") this.#touch().delete(this.#column, count);
    else if (final === "X") this.#touch().erase(this.#column, count);
    else if (final === "@") this.#touch().insert(this.#column, count);
    else this.#move(final, count);
  }

  #move(final: string, count: number): void {
    if (final === "A" || final === "F") this.#row = Math.max(0, this.#row - count);
    else if (final === "B" || final === "E") this.#row = Math.min(SCREEN_ROWS - 1, this.#row + count);
    else if (final === "C") this.#column = Math.min(this.#column + count, Math.max(MAX_COLUMNS, this.#column));
    else if (final === "D") this.#column = Math.max(0, this.#column - count);
    else if (final === "G") this.#column = Math.min(count - 1, MAX_COLUMNS);
    if (final === "E" || final === "F") this.#column = 0;
  }

  #eraseInLine(mode: number): void {
    const row = this.#touch();
    if (mode === WHOLE_ROW) row.cut(0);
    else if (mode === BEGINNING_TO_CURSOR) row.erase(0, this.#column + 1);
    else row.cut(this.#column);
  }

  #eraseBelow(): void {
    this.#touch().cut(this.#column);
    for (const row of this.#rows.slice(this.#row + 1)) row.cut(0);
  }

  #lineFeed(): void {
    this.#column = 0;
    this.#row += 1;
    if (this.#row < SCREEN_ROWS) return;
    const [oldest] = this.#rows.splice(0, 1);
    if (oldest !== undefined) this.#settled.push(oldest);
    this.#row -= 1;
  }

  /** The cursor's row, which the current line now shares. */
  #touch(): Row {
    let row = this.#rows[this.#row];
    while (row === undefined) {
      this.#rows.push(new Row());
      row = this.#rows[this.#row];
    }
    if (this.#n !== undefined) row.touch(this.#n);
    return row;
  }
}
