import type { Chunk } from "../../frame/chunk.ts";
import { skipLines } from "../../frame/cri.ts";
import type { LoopTurns } from "../../host/loop-turns.ts";
import { CRI } from "../../wire/cri.ts";
import type { LogText } from "../sealed/log-text.ts";
import type { Segment } from "./numbered-log.ts";
import { OpenLogs } from "./open-logs.ts";

/** Bytes looked at per turn: full of the shortest lines, they take a millisecond. */
const BLOCK_BYTES = 262_144;
/** Smaller blocks are looked at as they arrive. */
const SMALL_BYTES = 16_384;
/** Most pieces of one answer: each costs a read. The caller asks again for the rest. */
const MAX_SEGMENTS = 5_000;
const LINE_FEED = 0x0a;
const LETTER_P = 0x50;

/** Anything with lines in numbered pieces. */
export interface Numbered {
  segments(n: number, limit: number): Segment[];
}

interface ReadRange {
  readonly from: number;
  readonly maxLines: number;
  readonly maxBytes: number;
}

/**
 * Stored lines in order of n, starting with the first stored number at or after `from`: one chunk for each stretch
 * without a hole. At least one line if there is any.
 *
 * Opens the files before it first waits, so that a merge cannot replace them in between.
 *
 * @param turns One block is looked at in each: blocks of many readers may arrive at once.
 */
export async function readChunks(of: Numbered, range: ReadRange, turns: Pick<LoopTurns, "run">): Promise<Chunk[]> {
  const wanted = of.segments(range.from, Math.min(range.maxLines, MAX_SEGMENTS));
  const files = new OpenLogs({ withFilters: false });
  const chunks: Chunk[] = [];
  let [linesLeft, bytesLeft] = [range.maxLines, range.maxBytes];
  try {
    for (const { log } of wanted) files.open(log);
    for (const segment of wanted) {
      const text = files.open(segment.log).text;
      if (linesLeft <= 0 || bytesLeft <= 0) break;
      const firstN = Math.max(range.from, segment.n);
      const count = Math.min(linesLeft, segment.n + segment.lines - firstN);
      const chunk = await readChunk(text, segment, { firstN, count, maxBytes: bytesLeft, turns });
      if (chunk.count === 0) break;
      chunks.push(chunk);
      linesLeft -= chunk.count;
      bytesLeft -= chunk.cri.length;
      if (chunk.count < count) break;
    }
  } finally {
    files.close();
  }
  return chunks;
}

async function readChunk(
  text: LogText,
  segment: Segment,
  wanted: { firstN: number; count: number; maxBytes: number; turns: Pick<LoopTurns, "run"> },
): Promise<Chunk> {
  const place = segment.log.placeBefore(segment, wanted.firstN);
  let { at } = place;
  let skip = wanted.firstN - place.n;
  let count = 0;
  let fragments = 0;
  let bytes = 0;
  const parts: Buffer[] = [];
  let rest: Buffer = Buffer.alloc(0);
  const isFull = () => count === wanted.count || (bytes >= wanted.maxBytes && count > 0);
  const take = async (data: Buffer): Promise<void> => {
    let start = 0;
    for (; skip > 0; skip -= 1) {
      const next = skipLines(data, start, 1);
      if (next < 0) break;
      start = next;
    }
    let end = start;
    while (skip === 0 && !isFull()) {
      const lineEnd = data.indexOf(LINE_FEED, end);
      if (lineEnd < 0) break;
      if (data[end + CRI.tagAt] === LETTER_P) fragments += 1;
      bytes += lineEnd + 1 - end;
      end = lineEnd + 1;
      count += 1;
    }
    if (end > start) parts.push(data.subarray(start, end));
    rest = data.subarray(end);
  };
  while (!isFull()) {
    // Reads no more than the piece: in great disorder each line is one.
    const fresh = await text.read(at, Math.max(1, Math.min(BLOCK_BYTES, segment.at + segment.bytes - at)));
    if (fresh.length === 0) break;
    at += fresh.length;
    const data = rest.length === 0 ? fresh : Buffer.concat([rest, fresh]);
    // Small pieces take no time, so they need no turn.
    if (data.length < SMALL_BYTES) await take(data);
    else await wanted.turns.run(() => take(data));
  }
  const cri = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  return { firstN: wanted.firstN, count, fragments, cri };
}

/** The printed bytes of a chunk: texts without prefixes, of one stream or of both, with fragments joined. */
export function printedBytes(chunk: Chunk, isStderr: boolean | undefined): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  for (let i = 0; i < chunk.count; i += 1) {
    const end = chunk.cri.indexOf(LINE_FEED, at);
    const lineIsStderr = chunk.cri[at + CRI.streamAt + 3] === 0x65;
    if (isStderr === undefined || isStderr === lineIsStderr) {
      const isFragment = chunk.cri[at + CRI.tagAt] === LETTER_P;
      parts.push(chunk.cri.subarray(at + CRI.prefixCharacters, isFragment ? end : end + 1));
    }
    at = end + 1;
  }
  return Buffer.concat(parts);
}
