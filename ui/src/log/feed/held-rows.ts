import type { LogLine } from "../../api-parse.ts";
import type { LogRow } from "./log-row.ts";
import { joinRow } from "./make-row.ts";
import { compareRows, type RowOrder } from "./row-order.ts";

/** A row that belongs further from the end waits for the next sorting of all rows. */
const SORTED_IN_ROWS = 200;

/** Rows in order, and their number of characters. The owner bounds them. */
export class HeldRows {
  readonly #compare: ReturnType<typeof compareRows>;
  #rows: LogRow[] = [];
  #characters = 0;
  #isSorted = true;

  constructor(order: RowOrder) {
    this.#compare = compareRows(order);
  }

  /** In order. The caller must not keep it past the next change. */
  get all(): readonly LogRow[] {
    if (!this.#isSorted) this.#rows.sort(this.#compare);
    this.#isSorted = true;
    return this.#rows;
  }

  get length(): number {
    return this.#rows.length;
  }

  get characters(): number {
    return this.#characters;
  }

  /** The row of an execution that has line `n`. */
  rowOf(source: number, n: number): LogRow | undefined {
    return this.all.findLast((row) => row.source === source && row.n <= n && row.to >= n);
  }

  /** Those of an execution's lines, in order, that no row has. */
  lacking(source: number, lines: readonly LogLine[]): LogLine[] {
    const held = this.#rows.filter((row) => row.source === source).sort((a, b) => a.n - b.n);
    let at = 0;
    return lines.filter(({ n }) => {
      while ((held[at]?.to ?? n) < n) at += 1;
      return (held[at]?.n ?? n + 1) > n;
    });
  }

  clear(): void {
    this.#rows = [];
    this.#characters = 0;
    this.#isSorted = true;
  }

  /** Adds a row that is one of the last. Lines of several executions arrive nearly in order. */
  add(row: LogRow): void {
    const rows = this.#rows;
    this.#characters += row.text.length;
    let at = rows.length;
    if (this.#isSorted) {
      const least = at - SORTED_IN_ROWS;
      for (let before = rows[at - 1]; before !== undefined && this.#compare(before, row) > 0; before = rows[at - 1]) {
        at -= 1;
        if (at < least) break;
      }
      this.#isSorted = at >= least;
    }
    if (at === rows.length || !this.#isSorted) rows.push(row);
    else rows.splice(at, 0, row);
  }

  /** Adds rows of an execution at any place; joins pieces of a line, also with those already there. */
  insert(source: number, added: readonly LogRow[]): void {
    this.#rows.push(...added);
    this.#isSorted = false;
    const rows: LogRow[] = [];
    let last = -1;
    for (const each of this.all) {
      const { joined, row } = each.source === source ? joinRow(rows[last], each) : { joined: false, row: each };
      if (joined) rows[last] = row;
      else rows.push(row);
      if (row.source === source && !joined) last = rows.length - 1;
    }
    this.#hold(rows);
  }

  /** Replaces a row near the end. Returns false if that row is not held. */
  replace(before: LogRow, row: LogRow): boolean {
    const at = this.#rows.lastIndexOf(before);
    if (at < 0) return false;
    this.#rows[at] = row;
    this.#characters += row.text.length - before.text.length;
    return true;
  }

  /** Replaces each row by one with the same text and place. */
  map(change: (row: LogRow) => LogRow): void {
    this.#rows = this.all.map(change);
  }

  keep(isKept: (row: LogRow) => boolean): void {
    this.#hold(this.all.filter(isKept));
  }

  #hold(rows: LogRow[]): void {
    this.#rows = rows;
    this.#characters = rows.reduce((sum, row) => sum + row.text.length, 0);
  }

  /** Removes rows at one end. Returns them in order. */
  drop(end: "start" | "end", count: number): readonly LogRow[] {
    const { length } = this.all;
    const gone = this.#rows.splice(end === "start" ? 0 : length - count, count);
    this.#characters -= gone.reduce((sum, row) => sum + row.text.length, 0);
    return gone;
  }
}
