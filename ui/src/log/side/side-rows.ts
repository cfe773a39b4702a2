import type { SideMode } from "../../url-state.ts";
import type { Item, LogRow } from "../feed/log-row.ts";
import { makeRow } from "../feed/make-row.ts";
import { alignByText } from "./align-by-text.ts";
import { alignByTime } from "./align-by-time.ts";
import type { SideLine } from "./side-line.ts";

/** Lines are aligned by text at most this often: each time compares all columns. */
const ALIGN_EVERY_MS = 1_000;

/** The rows of a side by side view, for the view of lines: in order, and the same objects until they change. */
export class SideRows {
  #made: {
    readonly items: readonly Item[];
    readonly key: string;
    readonly atMs: number;
    readonly rows: readonly Item[];
  } = {
    items: [],
    key: "",
    atMs: Number.NEGATIVE_INFINITY,
    rows: [],
  };
  #known = new WeakMap<Item, LogRow>();
  /** Rows of equal lines at the places that the view gives them. */
  #placed = new WeakMap<Item, LogRow>();
  /** Empty rows for holes. */
  #holes = new Map<string, LogRow>();
  #holesBefore: ReadonlyMap<string, LogRow> = new Map();

  /** @param columns Executions in the view. */
  rows(items: readonly Item[], options: { mode: SideMode; columns: number; nowMs: number }): readonly Item[] {
    const { mode, columns, nowMs } = options;
    const key = `${mode} ${columns}`;
    const isSame = key === this.#made.key;
    const isRecent = mode === "text" && nowMs - this.#made.atMs < ALIGN_EVERY_MS;
    if (isSame && (items === this.#made.items || isRecent)) return this.#made.rows;
    if (!isSame) this.#known = new WeakMap();
    [this.#holesBefore, this.#holes] = [this.#holes, new Map()];
    const lines = mode === "time" ? alignByTime(items) : alignByText(items);
    const rows = mode === "time" ? lines.map((line) => this.#row(line, columns, false)) : this.#inOrder(lines, columns);
    this.#made = { items, key, atMs: nowMs, rows };
    return rows;
  }

  #row({ head, cells }: SideLine, columns: number, isByText: boolean): Item {
    const printed = head.kind === "lines" ? head : [...cells.values()].find((cell) => cell.kind === "lines");
    const first = printed === undefined && isByText ? this.#emptyRow(head) : printed;
    if (first === undefined) return head;
    const known = this.#known.get(first);
    const shown = Array.from({ length: columns }, (_, source) => cells.get(source));
    if (known !== undefined && known.side?.cells.every((cell, at) => isSame(cell, shown[at])) === true) return known;
    const row = {
      ...first,
      ...placeOf(head),
      side: { head, cells: shown, isFew: isByText && 2 * cells.size < columns },
    };
    this.#known.set(first, row);
    return row;
  }

  /** The base of a row of columns without lines: the hole is in its own column. */
  #emptyRow({ source, n, to, time }: Item): LogRow {
    const key = `${source} ${n} ${to}`;
    const line = { n, time, stderr: false, fragment: false, text: "" };
    const row = this.#holesBefore.get(key) ?? makeRow(line, source);
    this.#holes.set(key, row);
    return row;
  }

  /** Makes places ascend, as a view needs: equal lines may have been printed in a different order. */
  #inOrder(lines: readonly SideLine[], columns: number): readonly Item[] {
    let last = "";
    return lines.map((line, at) => {
      const row = this.#row(line, columns, true);
      last = row.time > last ? row.time : last;
      const known = this.#placed.get(row);
      if (known !== undefined && known.time === last && known.n === at + 1) return known;
      const placed = { ...row, time: last, source: 0, n: at + 1, to: at + 1 };
      if (placed.kind === "lines") this.#placed.set(row, placed);
      return placed;
    });
  }
}

/** Holes are new objects each time. */
function isSame(a: Item | undefined, b: Item | undefined): boolean {
  if (a?.kind !== "hole" || b?.kind !== "hole") return a === b;
  return a.source === b.source && a.n === b.n && a.to === b.to;
}

function placeOf({ source, n, to, time }: Item): Pick<Item, "source" | "n" | "to" | "time"> {
  return { source, n, to, time };
}
