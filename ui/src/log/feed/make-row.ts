import { PLAIN } from "../../../../src/text/screen/style.ts";
import type { LogLine } from "../../api-parse.ts";
import { lastStates, statesBegun } from "./line-states.ts";
import type { LogRow } from "./log-row.ts";
import { WINDOW_LIMITS } from "./window-limits.ts";

/** A longer line continues in another row: half of the characters that a tab holds. */
export const MAX_ROW_CHARACTERS = WINDOW_LIMITS.maxCharacters / 2;

export function makeRow(line: LogLine, source: number): LogRow {
  const { n, time, stderr, fragment, text } = line;
  return {
    kind: "lines",
    source,
    n,
    to: n,
    time,
    stderr,
    text: lastStates(text),
    style: PLAIN,
    redraws: statesBegun("", text),
    open: fragment,
    continues: false,
    besideOpen: false,
  };
}

/**
 * Adds `row`, of one piece or more, after `before`: as one row if the line continues (a prompt, a row of dots, a
 * progress bar), else as two. The result's last row is the one to join next.
 */
export function joinRow(before: LogRow | undefined, row: LogRow): { readonly joined: boolean; readonly row: LogRow } {
  if (before === undefined || before.source !== row.source || before.to + 1 !== row.n) return { joined: false, row };
  const { open, besideOpen } = before;
  if (!open && !besideOpen) return { joined: false, row };
  if (before.stderr !== row.stderr) return { joined: false, row: { ...row, continues: besideOpen, besideOpen: open } };
  if (!open) return { joined: false, row: { ...row, besideOpen } };
  // Most pieces have no CR, and lines of many pieces are long, so they are not reread for each.
  const whole = before.text + row.text;
  const text = row.text.includes("\r") ? lastStates(whole) : whole;
  if (text.length > MAX_ROW_CHARACTERS) return { joined: false, row: { ...row, continues: true, besideOpen } };
  const redraws = before.redraws + row.redraws + statesBegun(before.text, row.text) - statesBegun("", row.text);
  return { joined: true, row: { ...before, to: row.to, text, redraws, open: row.open } };
}
