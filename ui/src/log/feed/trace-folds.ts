import type { Item, LogRow } from "./log-row.ts";

/** The lines of a stack trace or of a group, and the head line above them. */
export interface HeadFold {
  readonly of: "trace" | "group";
  readonly head: LogRow;
  readonly rows: readonly LogRow[];
  readonly isOpen: boolean;
}

export type HeadLines = Pick<HeadFold, "head" | "rows">;

export interface Folded {
  readonly items: readonly Item[];
  readonly folds: ReadonlyMap<LogRow, HeadFold>;
}

export const NO_FOLDS: ReadonlyMap<LogRow, HeadFold> = new Map();

/** Fewer lines are not folded: they are read at a glance. */
const LEAST_LINES = 4;
/** A frame of JavaScript, Java and C#; of Python; of Ruby; Java's note of omitted frames. */
const FRAME = /^\s+(?:at .*[:(]|File "|from .*:\d+:in |\.\.\. \d+ more)/;
/** What may stand among frames: code under a frame, the next exception's head. */
const AMONG = /^(?:\s+\S|Caused by: |\s*\.\.\. \d+ more)/;
/** First characters of both: most lines are skipped by their first character. */
const BEGINNINGS = [..." \tC"].map((character) => character.charCodeAt(0));

interface Trace {
  readonly head: LogRow;
  readonly rows: LogRow[];
}

/** Folds stack traces under their heads, except those that the reader has opened. */
export function foldTraces(items: readonly Item[], isOpen: (lines: HeadLines) => boolean): Folded {
  const folds = new Map<LogRow, HeadFold>();
  const hidden = new Set<Item>();
  for (const { head, rows } of tracesIn(items)) {
    if (rows.length < LEAST_LINES || !rows.some(({ text }) => FRAME.test(text))) continue;
    const fold = { of: "trace", head, rows, isOpen: isOpen({ head, rows }) } as const;
    folds.set(head, fold);
    if (!fold.isOpen) for (const row of rows) hidden.add(row);
  }
  return { items: hidden.size === 0 ? items : items.filter((item) => !hidden.has(item)), folds };
}

/** Traces: lines below a head in the same stream, without a gap. Allocates nothing for lines outside of traces. */
function tracesIn(items: readonly Item[]): readonly Trace[] {
  const found: Trace[] = [];
  /** For each stream: the last line outside a trace, and the trace below it. */
  const heads: (LogRow | undefined)[] = [];
  const open: (Trace | undefined)[] = [];
  for (const item of items) {
    if (item.kind === "hole") continue;
    const stream = 2 * item.source + (item.stderr ? 1 : 0);
    const trace = open[stream];
    if (isWithin(item, heads[stream], trace)) {
      const within = trace ?? { head: heads[stream] ?? item, rows: [] };
      if (trace === undefined) found.push(within);
      within.rows.push(item);
      open[stream] = within;
    } else {
      open[stream] = undefined;
      heads[stream] = item;
    }
  }
  return found;
}

function isWithin({ text }: LogRow, head: LogRow | undefined, trace: Trace | undefined): boolean {
  if (head === undefined || !BEGINNINGS.includes(text.charCodeAt(0))) return false;
  return (trace === undefined ? FRAME : AMONG).test(text);
}
