import type { Item } from "../feed/log-row.ts";
import { compareRows } from "../feed/row-order.ts";
import type { SideLine } from "./side-line.ts";

/** `2026-11-30T22:59:13` of a time as on the wire. */
const SECOND_CHARACTERS = 19;

const compare = compareRows("time");

/**
 * One list of lines in order of time as rows with a column for each execution: lines of one second stand beside each other,
 * the first of each execution, then the second of each. Each column keeps its order.
 */
export function alignByTime(items: readonly Item[]): SideLine[] {
  const rows: SideLine[] = [];
  let [second, from] = ["", 0];
  let filled = new Map<number, number>();
  for (const item of items) {
    const now = item.time.slice(0, SECOND_CHARACTERS);
    if (now !== second) [second, from, filled] = [now, rows.length, new Map()];
    const at = from + (filled.get(item.source) ?? 0);
    filled.set(item.source, at - from + 1);
    const row = rows[at];
    if (row === undefined) {
      rows.push({ head: item, cells: new Map([[item.source, item]]) });
      continue;
    }
    row.cells.set(item.source, item);
    if (compare(item, row.head) < 0) row.head = item;
  }
  return rows;
}
