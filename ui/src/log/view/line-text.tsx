import type { JSX } from "preact";
import { paint } from "../../text/paint.ts";
import { segmentsOf } from "../../text/segments.ts";
import { PLAIN } from "../../text/sgr.ts";
import type { MarkedSegment, Word } from "../../text/text-matches.ts";
import { markMatches } from "../../text/text-matches.ts";

interface LineTextProps {
  readonly text: string;
  readonly words: readonly Word[];
  /** What an expression matched in this very text. */
  readonly found: readonly string[];
}

/** A row's text with its colours and marked matches. Text nodes only: nothing is parsed as HTML. */
export function LineText({ text, words, found }: LineTextProps): JSX.Element {
  const segments = segmentsOf(text);
  const [only] = segments;
  const wanted = found.length === 0 ? words : [...words, ...found.map((each) => ({ text: each, isExact: true }))];
  if (wanted.length === 0 && segments.length === 1 && only?.style === PLAIN && only.control === undefined) {
    return <span class="text">{only.text}</span>;
  }
  return <span class="text">{markMatches(segments, wanted).map(drawSegment)}</span>;
}

function drawSegment({ text, style, control, marked }: MarkedSegment, index: number): JSX.Element | string {
  const drawn = marked ? <mark key={index}>{text}</mark> : text;
  if (style === PLAIN && control === undefined) return drawn;
  const { classes, colours } = paint(style);
  const names = control === undefined ? classes : `control ${classes}`;
  return (
    <span key={index} class={names} style={colours} title={control}>
      {drawn}
    </span>
  );
}
