import { type Enclosure, nestedCopies } from "../../../../src/text/merge/nested-copies.ts";
import type { Item, LogRow } from "./log-row.ts";
import type { LogWindow } from "./log-window.ts";
import type { RowPlace } from "./row-order.ts";
import { compareRows } from "./row-order.ts";
import { terminal } from "./terminal.ts";

interface ItemOptions {
  readonly window: LogWindow;
  readonly sources: number;
  readonly accepts: (row: LogRow) => boolean;
  /** Executions printed into others, whose repeated rows are left out. */
  readonly enclosures?: readonly Enclosure[];
  /** Between these times all executions are held; outside, rows would lack their neighbours. */
  readonly fromTime?: string;
  readonly toTime?: string;
}

/** The visible part of a window: rows that the filter accepts, and holes between them. */
export function buildItems(options: ItemOptions): readonly Item[] {
  const { enclosures = [] } = options;
  const { window } = options;
  const plain = allItems(options);
  // Until the terminal is loaded, lines that move the cursor up are shown as they are.
  const shown = window.hasMoves ? terminal()?.screenItems(plain, compareRows(window.order)) : undefined;
  const items = shown ?? plain;
  if (enclosures.length === 0) return items;
  const rows = items.filter((item) => item.kind === "lines");
  const copies: ReadonlySet<Item> = nestedCopies(rows, enclosures);
  return items.filter((item) => !copies.has(item));
}

function allItems({ window, sources, accepts, fromTime, toTime }: ItemOptions): readonly Item[] {
  const items: Item[] = [];
  const expected = Array.from({ length: sources }, (_, source) => window.coverage(source).from);
  for (const row of window.rows) {
    const next = expected[row.source] ?? row.n;
    expected[row.source] = row.to + 1;
    if (fromTime !== undefined && row.time < fromTime) continue;
    if (toTime !== undefined && row.time > toTime) continue;
    if (row.n > next) items.push({ kind: "hole", source: row.source, n: next, to: row.n - 1, time: row.time });
    if (accepts(row)) items.push(row);
  }
  let sorted = true;
  for (const [source, next] of expected.entries()) {
    const { to, lastTime } = window.coverage(source);
    if (next > to) continue;
    items.push({ kind: "hole", source, n: next, to, time: lastTime });
    sorted = window.order === "n";
  }
  return sorted ? items : items.sort(compareRows(window.order));
}

/** Index of the first item at or behind a place, else the length. */
export function indexOfPlace(
  items: readonly Item[],
  place: RowPlace,
  compare: (a: RowPlace, b: RowPlace) => number,
): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && compare(item, place) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
