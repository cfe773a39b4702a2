import type { ComponentChildren, JSX } from "preact";
import { PLAIN } from "../../../../src/text/screen/style.ts";
import { formatBytes } from "../../format.ts";
import type { LinkedSegment } from "../../text/links.ts";
import { linkSegments } from "../../text/links.ts";
import { paint } from "../../text/paint.ts";
import type { Segment } from "../../text/segments.ts";
import type { Word } from "../../text/text-matches.ts";
import { markMatches } from "../../text/text-matches.ts";
import { log as t } from "../../texts/en/log.ts";
import type { LogRow } from "../feed/log-row.ts";
import { headOf, rowSegments } from "./row-segments.ts";

interface LineTextProps {
  readonly row: LogRow;
  readonly words: readonly Word[];
  /** The texts that an expression matched in this row. */
  readonly found: readonly string[];
  /** Whether to show all of it, however long. */
  readonly isWhole: boolean;
  readonly onOpen: () => void;
  /** Buttons after the text. */
  readonly tail?: ComponentChildren;
}

/** A row's text with its colours, links and marked matches. Text nodes only: nothing is parsed as HTML. */
export function LineText({ row, words, found, isWhole, onOpen, tail = null }: LineTextProps): JSX.Element {
  const { segments, restBytes } = isWhole ? { segments: rowSegments(row), restBytes: 0 } : headOf(row);
  const text = textOf(
    segments,
    found.length === 0 ? words : [...words, ...found.map((text) => ({ text, isExact: true }))],
  );
  if (restBytes === 0 && tail === null) return text;
  return (
    <span class="line">
      {text}
      <span class="tail">
        {restBytes === 0 ? null : (
          <button type="button" class="more" title={t.wholeLine} onClick={onOpen}>
            +{formatBytes(restBytes)}
          </button>
        )}
        {tail}
      </span>
    </span>
  );
}

function textOf(segments: readonly Segment[], words: readonly Word[]): JSX.Element {
  const [only] = segments;
  const isPlain = segments.length === 1 && only?.style === PLAIN && only.control === undefined;
  if (words.length === 0 && isPlain && !only.text.includes("://")) return <span class="text">{only.text}</span>;
  return <span class="text">{linkSegments(markMatches(segments, words)).map(drawSegment)}</span>;
}

function drawSegment({ text, style, control, marked, href }: LinkedSegment, index: number): JSX.Element | string {
  const inside = marked ? <mark key={index}>{text}</mark> : text;
  const drawn =
    href === undefined ? (
      inside
    ) : (
      <a key={index} href={href} title={href} target="_blank" rel="noopener noreferrer nofollow">
        {inside}
      </a>
    );
  if (style === PLAIN && control === undefined) return drawn;
  const { classes, colours } = paint(style);
  const names = control === undefined ? classes : `control ${classes}`;
  return (
    <span key={index} class={names} style={colours} title={control}>
      {drawn}
    </span>
  );
}
