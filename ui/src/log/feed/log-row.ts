import type { LogLine } from "../../api-parse.ts";

/**
 * The content of one row: a line, or the pieces of one that belong together. Immutable; a piece that
 * arrives later makes a new row.
 */
export interface LogRow {
  readonly kind: "lines";
  /** Index of the execution in the view. */
  readonly source: number;
  /** First and last n in this row. */
  readonly n: number;
  readonly to: number;
  readonly time: string;
  readonly stderr: boolean;
  /** As printed; of a line redrawn with CR only its last state, behind one CR. */
  readonly text: string;
  /** Hidden states of a redrawn line. */
  readonly redraws: number;
  /** The line goes on in the next piece. */
  readonly open: boolean;
  /** An earlier row holds the beginning of this line. */
  readonly continues: boolean;
  /** Of a match: what the search found in it. */
  readonly found?: readonly string[];
  /** Of a long match: bytes of the line before and after `text`. */
  readonly cut?: readonly [before: number, after: number];
  /** It stands only beside a match. */
  readonly isNear?: true;
}

/** A longer line continues in another row: one row must stay cheap to draw. */
export const MAX_ROW_CHARACTERS = 4_096;

const CARRIAGE_RETURN = 13;

export function makeRow(line: LogLine, source: number): LogRow {
  const { n, time, stderr, fragment } = line;
  const { text, redraws } = lastState(line.text);
  return { kind: "lines", source, n, to: n, time, stderr, text, redraws, open: fragment, continues: false };
}

/**
 * Puts `row` behind `before`: as one row if the line goes on (a prompt, a row of dots, a progress bar), else as two.
 * The result's last row is the one to join next.
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
 * What a terminal shows of a text with carriage returns: the part behind the last one. One CR before it stays, to
 * mark that it overwrites the row; and one at its very end, which only moves the cursor (CRLF, or a bar that
 * prints its CR last), stays for the next piece.
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
