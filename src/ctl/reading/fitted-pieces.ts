import { columnsOf } from "../../text/screen/cells.ts";
import { cutColumns } from "../../text/screen/cut-columns.ts";
import { shownText } from "../remote/shown-text.ts";

/** A part of a line, which a search has found or not. */
export interface Piece {
  readonly text: string;
  readonly isMatch: boolean;
}

interface Fitted {
  readonly pieces: readonly Piece[];
  readonly isCutBefore: boolean;
  readonly isCutAfter: boolean;
}

/** The most that a tab takes. */
const TAB = " ".repeat(8);
/** One at each end for the mark that something is left out. */
const MARKS = 2;
/** Less is unreadable: it wraps. */
const LEAST_ROOM = 20;

/** So much of a line around its first match as a row has room for, without colours of its own; undefined: it fits. */
export function fittedPieces(pieces: readonly Piece[], room: number): Fitted | undefined {
  const shown = pieces.map(({ text, isMatch }) => ({ text: shownText(text, { isColoured: false }), isMatch }));
  if (shown.reduce((sum, { text }) => sum + columnsOf(text.replaceAll("\t", TAB)), 0) <= room) return undefined;
  const flat = shown.map(({ text, isMatch }) => ({ text: text.replaceAll("\t", " "), isMatch }));
  const widths = flat.map(({ text }) => columnsOf(text));
  const total = sumOf(widths);
  const first = Math.max(
    0,
    flat.findIndex(({ isMatch }) => isMatch),
  );
  const inner = Math.max(LEAST_ROOM, room) - MARKS;
  const around = Math.max(0, inner - (widths[first] ?? 0)) / 2;
  const wanted = flat[first]?.isMatch === true ? Math.floor(sumOf(widths.slice(0, first)) - around) : 0;
  const from = Math.max(0, Math.min(wanted, total - inner));
  const to = from + inner;
  let at = 0;
  const cut = flat.map(({ text, isMatch }, i) => {
    const part = cutColumns(text, { from: from - at, to: to - at });
    at += widths[i] ?? 0;
    return { text: part, isMatch };
  });
  return { pieces: cut, isCutBefore: from > 0, isCutAfter: to < total };
}

function sumOf(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0);
}
