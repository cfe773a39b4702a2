import type { Segment } from "./segments.ts";

export interface MarkedSegment extends Segment {
  readonly marked: boolean;
}

/** A text to mark. */
export interface Word {
  readonly text: string;
  /** Whether it matches only in its own case. */
  readonly isExact: boolean;
}

/** Splits segments where matches begin and end. A match may span several segments. */
export function markMatches(segments: readonly Segment[], words: readonly Word[]): readonly MarkedSegment[] {
  const whole = segments.map(({ text }) => text).join("");
  const ranges = rangesOf(whole, words);
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

/** Ranges of the words, in order, without overlaps. */
function rangesOf(text: string, words: readonly Word[]): readonly (readonly [number, number])[] {
  const all = words.flatMap((word) => placesOf(text, word)).sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  const ranges: [number, number][] = [];
  for (const [from, to] of all) {
    const last = ranges.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else ranges.push([from, to]);
  }
  return ranges;
}

/** Composed and decomposed characters are equal to the search: both forms are marked. */
function placesOf(text: string, { text: word, isExact }: Word): [number, number][] {
  const low = isExact ? text : text.toLowerCase();
  // A few characters change length in lower case, which shifts positions: mark nothing then.
  if (word === "" || low.length !== text.length) return [];
  const places: [number, number][] = [];
  for (const form of new Set([word, word.normalize("NFC"), word.normalize("NFD")])) {
    const needle = isExact ? form : form.toLowerCase();
    for (let at = low.indexOf(needle); at >= 0; at = low.indexOf(needle, at + needle.length)) {
      places.push([at, at + needle.length]);
    }
  }
  return places;
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
