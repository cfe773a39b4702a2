import { lineDiff } from "../../../../src/text/diff/line-diff.ts";
import { withoutNumbers } from "../../../../src/text/fold/number-ranges.ts";
import { plainText } from "../../text/segments.ts";
import type { Item, LogRow } from "../feed/log-row.ts";
import type { SideLine } from "./side-line.ts";

const keys = new WeakMap<LogRow, string>();

/**
 * A column for each execution, with lines beside each other that differ at most in numbers. Compares column after
 * column with the rows so far; a line in only one column gets a row of its own, by its time. Each column keeps its
 * order.
 */
export function alignByText(items: readonly Item[]): SideLine[] {
  const columns = new Map<number, Item[]>();
  for (const item of items) {
    const column = columns.get(item.source);
    if (column === undefined) columns.set(item.source, [item]);
    else column.push(item);
  }
  let rows: SideLine[] = [];
  let texts: string[] = [];
  for (const column of columns.values()) {
    const own = column.map(keyOf);
    const merged: SideLine[] = [];
    const mergedTexts: string[] = [];
    const put = (row: SideLine, text: string): void => {
      merged.push(row);
      mergedTexts.push(text);
    };
    let [atRow, atOwn] = [0, 0];
    const both = (toRow: number): void => {
      for (; atRow < toRow; atRow += 1, atOwn += 1) {
        const [row, item] = [rows[atRow], column[atOwn]];
        if (row === undefined || item === undefined) continue;
        row.cells.set(item.source, item);
        if (item.time < row.head.time) row.head = item;
        put(row, texts[atRow] ?? "");
      }
    };
    for (const { a, b } of lineDiff(texts, own)) {
      both(a[0]);
      while (atRow < a[1] || atOwn < b[1]) {
        const row = atRow < a[1] ? rows[atRow] : undefined;
        const item = atOwn < b[1] ? column[atOwn] : undefined;
        if (row !== undefined && (item === undefined || row.head.time <= item.time)) {
          put(row, texts[atRow] ?? "");
          atRow += 1;
        } else {
          if (item !== undefined) put({ head: item, cells: new Map([[item.source, item]]) }, own[atOwn] ?? "");
          atOwn += 1;
        }
      }
    }
    both(rows.length);
    [rows, texts] = [merged, mergedTexts];
  }
  return rows;
}

/** A line's key for comparison. Holes equal nothing. */
function keyOf(item: Item): string {
  if (item.kind === "hole") return `\0${item.source}:${item.n}`;
  const known = keys.get(item);
  if (known !== undefined) return known;
  const made = withoutNumbers(plainText(item.text));
  keys.set(item, made);
  return made;
}
