import { isUtf8 } from "node:buffer";
import { asCount, asRecord, parseJson } from "../wire/record.ts";
import type { FoundLine, MatchRange } from "../wire/search-event.ts";
import { SEARCH_LIMITS } from "./limits.ts";

const LINE_NUMBER = Buffer.from('},"line_number":');
const FIRST_RANGE = Buffer.from('{"match":');
const MATCH = Buffer.from('{"type":"match"');
const CONTEXT = Buffer.from('{"type":"context"');
const LINE_FEED = 0x0a;

/** A line that ripgrep printed, with the matches in it, in bytes. */
export interface PrintedLine {
  readonly isMatch: boolean;
  /** From 0. */
  readonly ordinal: number;
  /** Made only on demand: most lines are only counted. */
  content(): { readonly bytes: Buffer; readonly ranges: readonly MatchRange[] };
}

/**
 * Reads a record of `rg --json` (grep_printer, "JSON printer"). Undefined for records that describe no line.
 *
 * Quotes inside a text are escaped, so `},"line_number":` and `{"match":` occur only as members.
 */
export function readRecord(record: Buffer): PrintedLine | undefined {
  const isMatch = startsWith(record, MATCH);
  if (!isMatch && !startsWith(record, CONTEXT)) return undefined;
  const numberAt = record.indexOf(LINE_NUMBER);
  if (numberAt < 0) return undefined;
  const digits = record.toString("latin1", numberAt + LINE_NUMBER.length, numberAt + LINE_NUMBER.length + 16);
  let content: ReturnType<PrintedLine["content"]> | undefined;
  const parsed = () => {
    content ??= parseContent(record);
    return content;
  };
  return { isMatch, ordinal: Number.parseInt(digits, 10) - 1, content: parsed };
}

function parseContent(record: Buffer): { bytes: Buffer; ranges: MatchRange[] } {
  const data = asRecord(asRecord(parseJson(withFewRanges(record).toString("utf8")))?.["data"]);
  const { text, bytes: base64 } = asRecord(data?.["lines"]) ?? {};
  const bytes = typeof text === "string" ? Buffer.from(text) : Buffer.from(String(base64 ?? ""), "base64");
  const line = bytes.at(-1) === LINE_FEED ? bytes.subarray(0, -1) : bytes;
  const matches: unknown = data?.["submatches"];
  const ranges: MatchRange[] = [];
  for (const match of Array.isArray(matches) ? matches : []) {
    const [start, end] = [asCount(asRecord(match)?.["start"]), asCount(asRecord(match)?.["end"])];
    if (start !== undefined && end !== undefined) ranges.push([start, Math.min(end, line.length)]);
  }
  return { bytes: line, ranges };
}

/** The record without matches beyond those shown: a line of 1 MiB may have a million. */
function withFewRanges(record: Buffer): Buffer {
  let at = record.indexOf(FIRST_RANGE);
  for (let ranges = 0; at >= 0; ranges += 1) {
    // A comma precedes it, unless it is the first.
    if (ranges === SEARCH_LIMITS.maxRanges) return Buffer.concat([record.subarray(0, at - 1), Buffer.from("]}}")]);
    at = record.indexOf(FIRST_RANGE, at + FIRST_RANGE.length);
  }
  return record;
}

/** The part of a line to show: around its first match if the line is long. Never cuts a character. */
export function excerpt(
  line: Buffer,
  ranges: readonly MatchRange[],
): Pick<FoundLine, "text" | "b64" | "cut"> & { at: MatchRange[] } {
  const { maxShownBytes, shownBeforeMatchBytes } = SEARCH_LIMITS;
  let [from, to] = [0, line.length];
  if (line.length > maxShownBytes) {
    from = Math.min(Math.max(0, (ranges[0]?.[0] ?? 0) - shownBeforeMatchBytes), line.length - maxShownBytes);
    to = characterStart(line, from + maxShownBytes);
    from = characterStart(line, from);
  }
  const shown = line.subarray(from, to);
  const inside = ranges.map(([start, end]) => [Math.max(start, from) - from, Math.min(end, to) - from] as const);
  const at = inside.filter(([start, end]) => start <= end && start <= shown.length);
  const cut = from === 0 && to === line.length ? {} : { cut: [from, line.length - to] as const };
  if (!isUtf8(shown)) return { b64: shown.toString("base64"), at, ...cut };
  const text = shown.toString("utf8");
  if (text.length === shown.length) return { text, at, ...cut };
  const units = (byte: number) => shown.toString("utf8", 0, byte).length;
  return { text, at: at.map(([start, end]) => [units(start), units(end)]), ...cut };
}

/** The start of the character of UTF-8 that byte `at` belongs to; `at` itself in anything else. */
function characterStart(line: Buffer, at: number): number {
  for (let i = at; i > at - 4 && i > 0; i -= 1) if (((line[i] ?? 0) & 0xc0) !== 0x80) return i;
  return at;
}

function startsWith(record: Buffer, literal: Buffer): boolean {
  return record.length >= literal.length && record.compare(literal, 0, literal.length, 0, literal.length) === 0;
}
