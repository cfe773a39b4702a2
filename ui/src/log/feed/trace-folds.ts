import type { Item } from "./log-items.ts";
import type { LogRow } from "./log-row.ts";

/** The lines of a stack trace, and the line above them that says what happened. */
export interface TraceFold {
  readonly head: LogRow;
  readonly rows: readonly LogRow[];
  readonly isOpen: boolean;
}

export interface Folded {
  readonly items: readonly Item[];
  readonly folds: ReadonlyMap<LogRow, TraceFold>;
}

export const NO_FOLDS: ReadonlyMap<LogRow, TraceFold> = new Map();

/** Fewer lines are read at a glance. */
const LEAST_LINES = 4;
/** A frame of JavaScript, Java and C#; of Python; of Ruby; what Java leaves out. */
const FRAME = /^\s+(?:at .*[:(]|File "|from .*:\d+:in |\.\.\. \d+ more)/;
/** What may stand among frames: code under a frame, the next exception's head. */
const AMONG = /^(?:\s+\S|Caused by: |\s*\.\.\. \d+ more)/;
/** Neither stands at another beginning: most lines are passed over by their first character. */
const BEGINNINGS = " \tC";

/** Folds stack traces under their heads, but for those that the reader has opened. */
export function foldTraces(items: readonly Item[], isOpen: (fold: Omit<TraceFold, "isOpen">) => boolean): Folded {
  const folds = new Map<LogRow, TraceFold>();
  const hidden = new Set<Item>();
  for (const { head, rows } of tracesIn(items)) {
    if (rows.length < LEAST_LINES || !rows.some(({ text }) => FRAME.test(text))) continue;
    const fold = { head, rows, isOpen: isOpen({ head, rows }) };
    folds.set(head, fold);
    if (!fold.isOpen) for (const row of rows) hidden.add(row);
  }
  return { items: hidden.size === 0 ? items : items.filter((item) => !hidden.has(item)), folds };
}

/** Lines that go on below another one of the same stream, without a gap. */
function* tracesIn(items: readonly Item[]): Generator<{ head: LogRow; rows: LogRow[] }> {
  const open = new Map<string, { head: LogRow; rows: LogRow[] }>();
  for (const item of items) {
    if (item.kind === "hole") continue;
    const stream = `${item.source} ${item.stderr}`;
    const trace = open.get(stream);
    const isAmong = BEGINNINGS.includes(item.text[0] ?? "\n") && AMONG.test(item.text);
    const isNext = trace !== undefined && (trace.rows.length > 0 ? isAmong : FRAME.test(item.text));
    if (isNext) {
      trace.rows.push(item);
      continue;
    }
    if (trace !== undefined && trace.rows.length > 0) yield trace;
    open.set(stream, { head: item, rows: [] });
  }
  for (const trace of open.values()) if (trace.rows.length > 0) yield trace;
}
