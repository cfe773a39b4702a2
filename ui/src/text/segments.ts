import { applyOsc, applySgr, PLAIN, type Style } from "../../../src/text/screen/style.ts";
import { type Sequence, sequenceAt } from "./escape-sequences.ts";
import { visibleControl } from "./visible-control.ts";

/** A stretch of a row in one style. */
export interface Segment {
  readonly text: string;
  readonly style: Style;
  /** The name of the invisible character that the text depicts, if it does. */
  readonly control?: string;
}

/** Controls, format characters (bidi among them), lone surrogates, line and paragraph separators. */
const SPECIAL = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/**
 * Cuts a row's text into segments. SGR and links (OSC 8) become style; every other control sequence is removed, strings
 * (OSC, DCS, APC...) with their contents; control and bidi characters become pictures of themselves.
 *
 * @param start The look that earlier lines left on.
 */
export function segmentsOf(text: string, start: Style = PLAIN): readonly Segment[] {
  if (!SPECIAL.test(text)) return text === "" ? [] : [{ text, style: start }];
  const segments: Segment[] = [];
  let style = start;
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
    style = afterSequence(style, sequence);
    at += sequence?.length ?? width;
    from = at;
  }
  flush();
  return segments;
}

function afterSequence(style: Style, sequence: Sequence | undefined): Style {
  if (sequence?.sgr !== undefined) return applySgr(style, sequence.sgr);
  return sequence?.osc === undefined ? style : applyOsc(style, sequence.osc);
}

/** The visible text of a row, for searching. */
export function plainText(text: string): string {
  if (!SPECIAL.test(text)) return text;
  return segmentsOf(text)
    .map((segment) => segment.text)
    .join("");
}
