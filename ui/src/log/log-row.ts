import type { LogLine } from "../api-parse.ts";

/**
 * What stands in one row: a line, or the pieces of one that belong together. Never changed once made; a piece that
 * comes later makes a new row.
 */
export interface LogRow {
  /** Which execution of the view. */
  readonly source: number;
  /** First and last n in this row. */
  readonly n: number;
  readonly to: number;
  readonly time: string;
  readonly stderr: boolean;
  /** As printed, but of a line redrawn with CR only its last state. */
  readonly text: string;
  /** States of a redrawn line that are not shown. */
  readonly redraws: number;
  /** The line goes on in the next piece. */
  readonly open: boolean;
  /** A row of the same line stands before this one. */
  readonly continues: boolean;
}

/** Lines that never were stored, or not yet. */
export interface HoleRow {
  readonly hole: true;
  readonly source: number;
  readonly n: number;
  readonly to: number;
  readonly time: string;
}

export type Item = LogRow | HoleRow;

/** A line longer than this goes on in a further row: one row must stay cheap to draw. */
export const MAX_ROW_CHARACTERS = 4_096;

export function isHole(item: Item): item is HoleRow {
  return "hole" in item;
}

export function makeRow(line: LogLine, source: number): LogRow {
  const { n, time, stderr, fragment } = line;
  const { text, redraws } = lastState(line.text);
  return { source, n, to: n, time, stderr, text, redraws, open: fragment, continues: false };
}

/**
 * The row that two neighbours make when the second goes on where the first ends; undefined where they stay two.
 * A prompt, a row of dots and a progress bar become one row in this way.
 */
export function joinRows(first: LogRow, second: LogRow): LogRow | undefined {
  if (!isContinued(first, second)) return undefined;
  const overwritten = second.redraws > 0 || startsAnew(second.text);
  if (!overwritten && first.text.length + second.text.length > MAX_ROW_CHARACTERS) return undefined;
  const { text, redraws } = lastState(first.text + second.text);
  const states = first.redraws + second.redraws + redraws;
  return { ...first, to: second.to, text, redraws: states, open: second.open };
}

export function isContinued(first: LogRow, second: LogRow): boolean {
  return first.open && first.source === second.source && first.to + 1 === second.n && first.stderr === second.stderr;
}

function startsAnew(text: string): boolean {
  return text.charCodeAt(0) === 13;
}

/**
 * What a terminal shows of a text with carriage returns: what stands behind the last one. One at the very end only
 * moves the cursor (CRLF, or a bar that prints its CR last), so it stays for the next piece to act on.
 */
function lastState(text: string): { text: string; redraws: number } {
  if (!text.includes("\r")) return { text, redraws: 0 };
  const states = text.split(/\r+/);
  const endsInReturn = states.at(-1) === "" && states.length > 1;
  const last = states[endsInReturn ? states.length - 2 : states.length - 1] ?? "";
  const shown = states.filter((state) => state !== "").length;
  return { text: endsInReturn ? `${last}\r` : last, redraws: Math.max(0, shown - 1) };
}
