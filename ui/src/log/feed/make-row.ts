import { PLAIN } from "../../../../src/text/screen/style.ts";
import type { LogLine } from "../../api-parse.ts";
import { lastStates, statesBegun } from "./line-states.ts";
import type { LogRow } from "./log-row.ts";

/** A longer line continues in another row: a tab must stay able to hold it. */
export const MAX_ROW_CHARACTERS = 2_097_152;

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
  };
}

/**
 * Puts `row` behind `before`: as one row if the line goes on (a prompt, a row of dots, a progress bar), else as two.
 * The result's last row is the one to join next.
 */
export function joinRow(before: LogRow | undefined, row: LogRow): { readonly joined: boolean; readonly row: LogRow } {
  if (before === undefined || !before.open || before.source !== row.source) return { joined: false, row };
  if (before.to + 1 !== row.n || before.stderr !== row.stderr) return { joined: false, row };
  const text = lastStates(before.text + row.text);
  if (text.length > MAX_ROW_CHARACTERS) return { joined: false, row: { ...row, continues: true } };
  const redraws = before.redraws + statesBegun(before.text, row.text);
  return { joined: true, row: { ...before, to: row.to, text, redraws, open: row.open } };
}
