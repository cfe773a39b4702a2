import { countLines, skipLines } from "../../frame/cri.ts";
import type { LogText } from "../sealed/log-text.ts";
import type { Segment } from "./numbered-log.ts";
import { type OpenLog, OpenLogs } from "./open-logs.ts";
import type { Numbered } from "./read-chunks.ts";

const BLOCK_BYTES = 262_144;
/** Pieces opened at a time; the caller asks again for the rest. */
const MAX_PIECES = 5_000;

/** Consecutive stored lines: their place in an open file, or in the text of a sealed one. */
interface OpenPiece extends Pick<OpenLog, "fd" | "sealed"> {
  readonly at: number;
  readonly bytes: number;
  /** Number of the first line. */
  readonly n: number;
  /** None of the lines is a fragment. Omitted if unknown. */
  readonly isWhole?: true;
}

export interface OpenPieces {
  /** In order of n. They end where the execution ended when they were opened. */
  readonly pieces: readonly OpenPiece[];
  /** The number to ask for next; undefined if that was all. */
  readonly next: number | undefined;
  /** When the files were last written. */
  readonly writtenAtMs: number;
  /** Closes the files. */
  close(): void;
}

/**
 * Stored lines from number `from` on, to number `to` at most, for a reader in another thread: a merge may replace the
 * files, but those that are open stay readable. Opens them before it first waits. Rejects with the file system's error.
 */
export async function openPieces(of: Numbered, wanted: { from: number; to?: number }): Promise<OpenPieces> {
  const { to = Number.MAX_SAFE_INTEGER } = wanted;
  const segments = of.segments(wanted.from, MAX_PIECES + 1).filter(({ n }) => n <= to);
  const next = segments[MAX_PIECES]?.n;
  const files = new OpenLogs({ withFilters: true });
  const close = (): void => files.close();
  try {
    for (const { log } of segments) files.open(log);
    const { writtenAtMs } = files;
    const pieces: OpenPiece[] = [];
    for (const segment of segments.slice(0, MAX_PIECES))
      pieces.push(await pieceOf(files.open(segment.log), segment, { from: wanted.from, to }));
    return { pieces, next, writtenAtMs, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Only the first piece can begin before `from`, and only the last one end after `to`. */
async function pieceOf(
  file: OpenLog,
  segment: Segment,
  { from, to }: { from: number; to: number },
): Promise<OpenPiece> {
  const { text, ...piece } = file;
  const placeOf = (n: number): Promise<number> => {
    const place = segment.log.placeBefore(segment, n);
    return endOfLines(text, place.at, n - place.n);
  };
  const n = Math.max(segment.n, from);
  const at = n === segment.n ? segment.at : await placeOf(n);
  const end = segment.n + segment.lines - 1 <= to ? segment.at + segment.bytes : await placeOf(to + 1);
  return { ...piece, at, bytes: end - at, n };
}

/** The place after `count` lines from `at` on. */
async function endOfLines(text: LogText, at: number, count: number): Promise<number> {
  let [end, left] = [at, count];
  while (left > 0) {
    const data = await text.read(end, BLOCK_BYTES);
    const { lines, wholeBytes } = countLines(data);
    if (lines === 0) break;
    const isBeyond = lines > left;
    end += isBeyond ? skipLines(data, 0, left) : wholeBytes;
    left -= isBeyond ? left : lines;
  }
  return end;
}
