import type { Span } from "../../../../src/text/screen/row.ts";
import { type Segment, segmentsOf } from "../../text/segments.ts";
import type { LogRow } from "../feed/log-row.ts";
import { terminal } from "../feed/terminal.ts";

/** Moves back over printed text: CR that is not the last character, backspace, and sequences that move or erase. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it detects controls
const GOES_BACK = /\r(?=[\s\S])|\x08|\x1b\[\d*[C-DGJKPX@]/;

/** Segments by row: a drawn row is drawn often. */
const known = new WeakMap<LogRow, readonly Segment[]>();

/** A row as a terminal shows it, in its colours. Characters that are invisible or move others become pictures. */
export function rowSegments(row: LogRow): readonly Segment[] {
  const before = known.get(row);
  if (before !== undefined) return before;
  const segments = segmentsIn(row);
  if (isFinal(row)) known.set(row, segments);
  return segments;
}

/** The visible text of a row. */
export function rowText(row: LogRow): string {
  return rowSegments(row)
    .map(({ text }) => text)
    .join("");
}

/** Whether a row will always show the same. */
function isFinal({ text, screen }: LogRow): boolean {
  return screen !== undefined || !GOES_BACK.test(text) || terminal() !== undefined;
}

function segmentsIn({ text, style, screen: shown }: LogRow): readonly Segment[] {
  if (shown !== undefined) return ofSpans(text, shown.spans);
  if (!GOES_BACK.test(text)) return segmentsOf(text, style);
  const { LineScreen } = terminal() ?? {};
  // Without the terminal: nearly always the final state.
  if (LineScreen === undefined) return segmentsOf(text.slice(text.trimEnd().lastIndexOf("\r") + 1), style);
  const screen = new LineScreen(style);
  screen.write(text, 1, true);
  const rows = [...screen.takeSettled(), ...screen.rows].filter((row) => row.text !== "");
  return rows.flatMap((row, at) => [...(at === 0 ? [] : segmentsOf(" ")), ...ofSpans(row.text, row.spans)]);
}

function ofSpans(text: string, spans: readonly Span[]): readonly Segment[] {
  let from = 0;
  return spans.flatMap(({ end, style }) => {
    const part = text.slice(from, end);
    from = end;
    return segmentsOf(part, style);
  });
}

/** The beginning of a row; what is left out is one click away. */
interface RowHead {
  readonly segments: readonly Segment[];
  /** Bytes of the rest in UTF-8. */
  readonly restBytes: number;
}

/** Characters shown of a line before it is opened: more would slow down every draw, and are rarely read. */
export const HEAD_CHARACTERS = 2_000;

/** Only the beginning of a longer line is parsed; its rest is counted as printed. */
const FLAT_CHARACTERS = 100_000;

const heads = new WeakMap<LogRow, RowHead>();

export function headOf(row: LogRow): RowHead {
  const { length } = row.text;
  const [first = ""] = row.found ?? [];
  // A match is shown whole if its head would end before the text found.
  const isWhole = length <= HEAD_CHARACTERS || row.text.indexOf(first) + first.length > HEAD_CHARACTERS;
  if (isWhole) return { segments: rowSegments(row), restBytes: 0 };
  const before = heads.get(row);
  if (before !== undefined) return before;
  // Colour sequences take characters as well, so fewer are shown than the text has.
  const isFlat = length > FLAT_CHARACTERS && row.screen === undefined && !GOES_BACK.test(row.text);
  const head = cutAt(isFlat ? segmentsOf(row.text.slice(0, 2 * HEAD_CHARACTERS), row.style) : rowSegments(row));
  const shown = head.reduce((sum, { text }) => sum + text.length, 0);
  const rest = isFlat ? row.text.slice(shown) : rowText(row).slice(shown);
  const made = { segments: head, restBytes: new TextEncoder().encode(rest).length };
  if (isFinal(row)) heads.set(row, made);
  return made;
}

function cutAt(segments: readonly Segment[]): readonly Segment[] {
  const head: Segment[] = [];
  let left = HEAD_CHARACTERS;
  for (const segment of segments) {
    if (left <= 0) break;
    head.push(segment.text.length <= left ? segment : { ...segment, text: segment.text.slice(0, left) });
    left -= segment.text.length;
  }
  return head;
}
