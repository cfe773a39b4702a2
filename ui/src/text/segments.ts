import { sequenceAt } from "./escape-sequences.ts";
import type { AnsiStyle } from "./sgr.ts";
import { applySgr, PLAIN } from "./sgr.ts";
import { visibleControl } from "./visible-control.ts";

/** A stretch of a row in one style. */
export interface Segment {
  readonly text: string;
  readonly style: AnsiStyle;
  /** The name of the invisible character that the text depicts, if it does. */
  readonly control?: string;
}

/** Controls, format characters (bidi among them), lone surrogates, line and paragraph separators. */
const SPECIAL = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/**
 * Cuts a row's text into segments. SGR becomes style; every other control sequence is removed, strings
 * (OSC, DCS, APC...) with their contents; control and bidi characters become pictures of themselves.
 */
export function segmentsOf(text: string): readonly Segment[] {
  if (!SPECIAL.test(text)) return text === "" ? [] : [{ text, style: PLAIN }];
  const segments: Segment[] = [];
  let style = PLAIN;
  let from = 0;
  let at = 0;
  const flush = (): void => {
    if (at > from) segments.push({ text: text.slice(from, at), style });
  };
  while (at < text.length) {
    const code = text.codePointAt(at) ?? 0;
    const width = code > 0xffff ? 2 : 1;
    const picture = visibleControl(code);
    if (picture === undefined) {
      at += width;
      continue;
    }
    flush();
    const sequence = code === 0x1b || (code >= 0x80 && code <= 0x9f) ? sequenceAt(text, at) : undefined;
    if (sequence === undefined && picture.text !== "") segments.push({ ...picture, style });
    if (sequence?.sgr !== undefined) style = applySgr(style, sequence.sgr);
    at += sequence?.length ?? width;
    from = at;
  }
  flush();
  return segments;
}

/** The visible text of a row, for searching. */
export function plainText(text: string): string {
  if (!SPECIAL.test(text)) return text;
  return segmentsOf(text)
    .map((segment) => segment.text)
    .join("");
}
