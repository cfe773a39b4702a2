import type { Segment } from "./segments.ts";

export interface MarkedSegment extends Segment {
  readonly marked: boolean;
}

/** Whether a text contains the query, ignoring case. */
export function containsText(text: string, wanted: string): boolean {
  return text.toLowerCase().includes(wanted.toLowerCase());
}

/** Splits segments where matches begin and end. A match may span several segments. */
export function markMatches(segments: readonly Segment[], wanted: string): readonly MarkedSegment[] {
  const whole = segments.map(({ text }) => text).join("");
  const ranges = rangesOf(whole, wanted);
  if (ranges.length === 0) return segments.map((segment) => ({ ...segment, marked: false }));
  const marked: MarkedSegment[] = [];
  let at = 0;
  for (const segment of segments) {
    const end = at + segment.text.length;
    for (const [from, to, isMatch] of piecesOf({ at, end, ranges })) {
      marked.push({ ...segment, text: whole.slice(from, to), marked: isMatch });
    }
    at = end;
  }
  return marked;
}

function rangesOf(text: string, wanted: string): readonly [number, number][] {
  const [low, needle] = [text.toLowerCase(), wanted.toLowerCase()];
  // A few characters change length in lower case, which shifts positions: mark nothing then.
  if (needle === "" || low.length !== text.length) return [];
  const ranges: [number, number][] = [];
  for (let at = low.indexOf(needle); at >= 0; at = low.indexOf(needle, at + needle.length)) {
    ranges.push([at, at + needle.length]);
  }
  return ranges;
}

interface Piece {
  readonly at: number;
  readonly end: number;
  readonly ranges: readonly (readonly [number, number])[];
}

function piecesOf({ at, end, ranges }: Piece): [number, number, boolean][] {
  const pieces: [number, number, boolean][] = [];
  let from = at;
  for (const [start, stop] of ranges) {
    if (stop <= from || start >= end) continue;
    if (start > from) pieces.push([from, start, false]);
    const to = Math.min(stop, end);
    pieces.push([Math.max(from, start), to, true]);
    from = to;
  }
  if (from < end) pieces.push([from, end, false]);
  return pieces;
}
