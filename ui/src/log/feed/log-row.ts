import type { LogLine } from "../../api-parse.ts";

/**
 * What stands in one row: a line, or the pieces of one that belong together. Never changed once made; a piece that
 * comes later makes a new row.
 */
export interface LogRow {
  readonly kind: "lines";
  /** Which execution of the view. */
  readonly source: number;
  /** First and last n in this row. */
  readonly n: number;
  readonly to: number;
  readonly time: string;
  readonly stderr: boolean;
  /** As printed; of a line that was redrawn with CR only its last state, behind one CR. */
  readonly text: string;
  /** States of a redrawn line that are not shown. */
  readonly redraws: number;
  /** The line goes on in the next piece. */
  readonly open: boolean;
  /** A row with the beginning of this line stands before. */
  readonly continues: boolean;
}

/** A line longer than this goes on in a further row: one row must stay cheap to draw. */
export const MAX_ROW_CHARACTERS = 4_096;

const CARRIAGE_RETURN = 13;

export function makeRow(line: LogLine, source: number): LogRow {
  const { n, time, stderr, fragment } = line;
  const { text, redraws } = lastState(line.text);
  return { kind: "lines", source, n, to: n, time, stderr, text, redraws, open: fragment, continues: false };
}

/**
 * Puts `row` behind `before`: as one row where a line goes on (a prompt, a row of dots, a progress bar), as two else.
 * The result ends with what is to be joined next.
 */
export function joinRow(before: LogRow | undefined, row: LogRow): { readonly joined: boolean; readonly row: LogRow } {
  if (before === undefined || !before.open || before.source !== row.source) return { joined: false, row };
  if (before.to + 1 !== row.n || before.stderr !== row.stderr) return { joined: false, row };
  const overwritten = row.text.charCodeAt(0) === CARRIAGE_RETURN || before.text.endsWith("\r");
  const isLong = before.text.length + row.text.length > MAX_ROW_CHARACTERS;
  if (isLong && !overwritten) return { joined: false, row: { ...row, continues: true } };
  const { text, redraws } = lastState(before.text + row.text);
  const all = before.redraws + row.redraws + redraws;
  return { joined: true, row: { ...before, to: row.to, text, redraws: all, open: row.open } };
}

/**
 * What a terminal shows of a text with carriage returns: what stands behind the last one. One CR before it stays, to
 * tell that it overwrites what the row holds; and one at its very end, which only moves the cursor (CRLF, or a bar that
 * prints its CR last), for the next piece to act on.
 */
function lastState(text: string): { readonly text: string; readonly redraws: number } {
  if (!text.includes("\r")) return { text, redraws: 0 };
  const states = text.split("\r");
  const shown = states.filter((state) => state !== "");
  const end = text.endsWith("\r") ? "\r" : "";
  const last = shown.at(-1) ?? "";
  const overwrites = shown.length > 1 || states[0] === "" ? "\r" : "";
  return { text: overwrites + last + (last === "" ? "" : end), redraws: Math.max(0, shown.length - 1) };
}
