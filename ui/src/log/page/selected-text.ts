import type { ApiClient } from "../../api-client.ts";
import type { LogRow } from "../feed/log-row.ts";
import type { LogSource } from "../feed/log-source.ts";
import { joinRow, makeRow } from "../feed/make-row.ts";
import { loadTerminal } from "../feed/terminal.ts";
import type { LineTime } from "../view/line-time.ts";
import { rowText } from "../view/row-segments.ts";

/** Lines that one request returns: more is a download. */
const MAX_SELECTED_LINES = 5_000;

interface Selected {
  readonly from: number;
  readonly to: number;
  /** The prefix of each line; undefined: none. */
  readonly head: { readonly time: LineTime; readonly node: string } | undefined;
}

/** The text of at most 5,000 lines, as displayed. Undefined if they could not be loaded. */
export async function selectedText(
  api: Pick<ApiClient, "lines">,
  source: LogSource,
  { from, to, head }: Selected,
): Promise<{ readonly text: string; readonly lines: number } | undefined> {
  const limit = Math.min(MAX_SELECTED_LINES, to - from + 1);
  const lines = api.lines(source.execution, { from, limit });
  // The view may not have drawn a line that needs the terminal.
  const [page] = await Promise.all([lines, loadTerminal().catch(() => undefined)]);
  if (!page.ok) return undefined;
  const rows: LogRow[] = [];
  for (const line of page.value.lines.filter(({ n }) => n <= to)) {
    const { joined, row } = joinRow(rows.at(-1), makeRow(line, source.index));
    if (joined) rows.pop();
    rows.push(row);
  }
  const before = ({ time }: LogRow): string =>
    head === undefined ? "" : `${head.time.format(time) || time} ${head.node} `;
  return { text: rows.map((row) => before(row) + rowText(row)).join("\n"), lines: rows.length };
}
