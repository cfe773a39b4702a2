import type { MarkedSegment } from "./text-matches.ts";

export interface LinkedSegment extends MarkedSegment {
  /** Target of a click: http and https only. */
  readonly href?: string;
}

const ADDRESS = /\bhttps?:\/\/[^\s<>"'`{}|\\^]+/g;
/** Punctuation that ends a sentence is no part of an address; a bracket is, if it was opened in it. */
const TRAILING = /[.,;:!?)\]]+$/;

/** Finds addresses in the text and links that the program made (OSC 8). Addresses of other kinds stay text. */
export function linkSegments(segments: readonly MarkedSegment[]): readonly LinkedSegment[] {
  return segments.flatMap((segment): LinkedSegment[] => {
    const { link } = segment.style;
    const href = link === undefined ? undefined : webAddress(link);
    if (href !== undefined) return [{ ...segment, href }];
    return segment.text.includes("://") ? splitAddresses(segment) : [segment];
  });
}

/** The address, if it is http or https: a log must not lead anybody to run a script or open a file. */
function webAddress(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, href } = new URL(text);
  return protocol === "http:" || protocol === "https:" ? href : undefined;
}

function splitAddresses(segment: MarkedSegment): LinkedSegment[] {
  const { text } = segment;
  const parts: LinkedSegment[] = [];
  let from = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const shown = withoutTrailing(found);
    const href = webAddress(shown);
    if (href === undefined) continue;
    if (index > from) parts.push({ ...segment, text: text.slice(from, index) });
    parts.push({ ...segment, text: shown, href });
    from = index + shown.length;
  }
  if (from < text.length) parts.push({ ...segment, text: text.slice(from) });
  return parts;
}

function withoutTrailing(address: string): string {
  const [trailing = ""] = TRAILING.exec(address) ?? [];
  const kept = trailing.startsWith(")") && address.includes("(") ? 1 : 0;
  return address.slice(0, address.length - trailing.length + kept);
}
