import { CRI } from "../wire/cri.ts";
import type { Chunk } from "./chunk.ts";

const LINE_FEED = 0x0a;
const LETTER_P = 0x50;

/**
 * Finds where each line of some CRI bytes ends.
 *
 * @returns The offset just past the `skip`-th LF counted from `from`, or -1 if there are fewer.
 */
export function skipLines(cri: Buffer, from: number, skip: number): number {
  let at = from;
  for (let i = 0; i < skip; i += 1) {
    const end = cri.indexOf(LINE_FEED, at);
    if (end < 0) return -1;
    at = end + 1;
  }
  return at;
}

/** Counts whole lines and the fragments among them; bytes after the last LF do not count. */
export function countLines(cri: Buffer): { lines: number; fragments: number; wholeBytes: number } {
  let lines = 0;
  let fragments = 0;
  let at = 0;
  for (let end = cri.indexOf(LINE_FEED, at); end >= 0; end = cri.indexOf(LINE_FEED, at)) {
    if (cri[at + CRI.tagAt] === LETTER_P) fragments += 1;
    lines += 1;
    at = end + 1;
  }
  return { lines, fragments, wholeBytes: at };
}

/** Lines `from` to `to` of a chunk (inclusive, both inside it), without copying. */
export function sliceChunk(chunk: Chunk, from: number, to: number): Chunk {
  const start = skipLines(chunk.cri, 0, from - chunk.firstN);
  const end = skipLines(chunk.cri, start, to - from + 1);
  const cri = chunk.cri.subarray(start, end);
  return { firstN: from, count: to - from + 1, fragments: countLines(cri).fragments, cri };
}
