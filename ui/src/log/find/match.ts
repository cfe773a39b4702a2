import type { FoundLine, MatchRange } from "../../../../src/wire/search-event.ts";
import type { ExecutionKey } from "../../execution-key.ts";
import { decodeBytes } from "../../text/decode-bytes.ts";
import { plainText } from "../../text/segments.ts";

/** A line that a search found. */
export interface Match extends ExecutionKey {
  readonly n: number;
  readonly lastN: number;
  /** By its node's clock. */
  readonly time: string;
  readonly stderr: boolean;
  /** For a long line only the part around the first match. */
  readonly text: string;
  /** Bytes of the line before and after `text`. */
  readonly cut: readonly [before: number, after: number];
  /** The texts that the search matched, as displayed. */
  readonly found: readonly string[];
}

/** Most texts to mark in one row. */
const MAX_FOUND = 20;

export function toMatch(line: FoundLine, at: readonly MatchRange[]): Match {
  const { x, node, owner, n, lastN, time, stream, cut = [0, 0] } = line;
  const bytes = line.b64 === undefined ? undefined : Uint8Array.from(atob(line.b64), (letter) => letter.charCodeAt(0));
  const text = bytes === undefined ? (line.text ?? "") : decodeBytes(bytes);
  const part = ([from, to]: MatchRange): string =>
    plainText(bytes === undefined ? text.slice(from, to) : decodeBytes(bytes.subarray(from, to)));
  const found = [...new Set(at.slice(0, MAX_FOUND).map(part))].filter((each) => each !== "");
  return { x, node, owner, n, lastN, time, stderr: stream === "stderr", text, cut, found };
}

/** By time, then by execution and number: one order for all executions of a search. */
export function compareMatches(a: MatchPlace, b: MatchPlace): number {
  if (a.x === b.x && a.node === b.node && a.owner === b.owner) return a.n - b.n;
  return a.time < b.time ? -1 : a.time > b.time ? 1 : a.x < b.x ? -1 : a.x > b.x ? 1 : a.node < b.node ? -1 : 1;
}

export type MatchPlace = ExecutionKey & Pick<Match, "n" | "time">;
