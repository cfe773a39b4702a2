import type { Item, LogRow } from "../feed/log-row.ts";

/** The head of a hunk in a unified diff, with its line counts before and after; one if a count is missing. */
const HUNK = /^@@ -\d+(?:,(\d{1,9}))? \+\d+(?:,(\d{1,9}))? @@/;

interface Stream {
  /** The two previous lines. */
  above: readonly (LogRow | undefined)[];
  /** Lines of the hunk that are still to come. */
  before: number;
  after: number;
}

/** The lines of unified diffs that could be taken for heads of groups: the names of files, and all of each hunk. */
export function diffRows(items: readonly Item[]): ReadonlySet<LogRow> {
  const rows = new Set<LogRow>();
  const streams: Stream[] = [];
  for (const item of items) {
    if (item.kind === "hole") continue;
    const index = 2 * item.source + (item.stderr ? 1 : 0);
    const stream = streams[index] ?? { above: [], before: 0, after: 0 };
    streams[index] = stream;
    if (isInHunk(stream, item.text)) {
      rows.add(item);
      continue;
    }
    const [removed, added] = stream.above;
    const [, before = "1", after = "1"] = item.text.startsWith("@@")
      ? (HUNK.exec(item.text) ?? ["", "0", "0"])
      : ["", "0", "0"];
    stream.before = Number(before);
    stream.after = Number(after);
    const isFirst = stream.before + stream.after > 0;
    if (isFirst && removed?.text.startsWith("--- ") && added?.text.startsWith("+++ ")) rows.add(removed).add(added);
    stream.above = [added, item];
  }
  return rows;
}

/** Counts a line of a hunk; one that cannot be in it ends the hunk. An empty line is one whose space was trimmed. */
function isInHunk(stream: Stream, text: string): boolean {
  if (stream.before <= 0 && stream.after <= 0) return false;
  const sign = text.charAt(0);
  if (!["", " ", "-", "+", "\\"].includes(sign)) return false;
  if (sign === "" || sign === " " || sign === "-") stream.before -= 1;
  if (sign === "" || sign === " " || sign === "+") stream.after -= 1;
  return true;
}
