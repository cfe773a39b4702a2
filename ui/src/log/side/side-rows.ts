import type { SideMode } from "../../url-state.ts";
import type { Item } from "../feed/log-items.ts";
import type { LogRow } from "../feed/log-row.ts";
import { alignByText } from "./align-by-text.ts";
import { alignByTime } from "./align-by-time.ts";
import type { SideLine } from "./side-line.ts";

/** Lines are aligned by their text at most this often: each time all columns are compared. */
const ALIGN_EVERY_MS = 1_000;

/** The rows of a side by side view, as the view of lines takes them: in order, each the same while it does not change. */
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

  /** @param columns Executions in the view. */
  rows(items: readonly Item[], options: { mode: SideMode; columns: number; nowMs: number }): readonly Item[] {
    const { mode, columns, nowMs } = options;
    const key = `${mode} ${columns}`;
    const isSame = key === this.#made.key;
    const isRecent = mode === "text" && nowMs - this.#made.atMs < ALIGN_EVERY_MS;
    if (isSame && (items === this.#made.items || isRecent)) return this.#made.rows;
    if (!isSame) this.#known = new WeakMap();
    const lines = mode === "time" ? alignByTime(items) : alignByText(items);
    const rows = mode === "time" ? lines.map((line) => this.#row(line, columns, false)) : this.#inOrder(lines, columns);
    this.#made = { items, key, atMs: nowMs, rows };
    return rows;
  }

  #row({ head, cells }: SideLine, columns: number, isByText: boolean): Item {
    const first = head.kind === "lines" ? head : [...cells.values()].find((cell) => cell.kind === "lines");
    if (first === undefined || first.kind !== "lines") return head;
    const known = this.#known.get(first);
    const shown = Array.from({ length: columns }, (_, source) => cells.get(source));
    if (known !== undefined && known.side?.cells.every((cell, at) => cell === shown[at]) === true) return known;
    const row = {
      ...first,
      ...placeOf(head),
      side: { head, cells: shown, isFew: isByText && 2 * cells.size < columns },
    };
    this.#known.set(first, row);
    return row;
  }

  /** Lines of equal text may have been printed in another order: a view needs places that rise. */
  #inOrder(lines: readonly SideLine[], columns: number): readonly Item[] {
    let last = "";
    return lines.map((line, at) => {
      const row = this.#row(line, columns, true);
      last = row.time > last ? row.time : last;
      return { ...row, time: last, source: 0, n: at + 1, to: at + 1 };
    });
  }
}

function placeOf({ source, n, to, time }: Item): Pick<Item, "source" | "n" | "to" | "time"> {
  return { source, n, to, time };
}
