import { closeSync, constants, fstatSync, openSync, read } from "node:fs";
import { promisify } from "node:util";
import { countLines, skipLines } from "../../frame/cri.ts";
import type { Segment } from "./numbered-log.ts";
import type { Numbered } from "./read-chunks.ts";

const readAt = promisify(read);
const BLOCK_BYTES = 262_144;
/** Pieces opened at a time; the caller asks again for the rest. */
const MAX_PIECES = 5_000;

/** Consecutive stored lines: where they are in an open file. */
export interface OpenPiece {
  readonly fd: number;
  readonly at: number;
  readonly bytes: number;
  /** Number of the first line. */
  readonly n: number;
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
 * Stored lines from number `from` on, to number `to` at most, for somebody who reads the files in another thread: a merge may replace them, but
 * not what is open. Opens them before it first waits. Rejects with the file system's error.
 */
export async function openPieces(of: Numbered, wanted: { from: number; to?: number }): Promise<OpenPieces> {
  const { to = Number.MAX_SAFE_INTEGER } = wanted;
  const segments = of.segments(wanted.from, MAX_PIECES + 1).filter(({ n }) => n <= to);
  const next = segments[MAX_PIECES]?.n;
  const fds = new Map<string, number>();
  const close = (): void => {
    for (const fd of fds.values()) closeSync(fd);
    fds.clear();
  };
  try {
    for (const { log } of segments) {
      if (!fds.has(log.path)) fds.set(log.path, openSync(log.path, constants.O_RDONLY | constants.O_NOFOLLOW));
    }
    const writtenAtMs = Math.max(0, ...[...fds.values()].map((fd) => fstatSync(fd).mtimeMs));
    const pieces: OpenPiece[] = [];
    for (const segment of segments.slice(0, MAX_PIECES)) {
      const fd = fds.get(segment.log.path);
      if (fd !== undefined) pieces.push(await pieceOf(fd, segment, { from: wanted.from, to }));
    }
    return { pieces, next, writtenAtMs, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Only the first piece can begin before `from`, and only the last one end after `to`. */
async function pieceOf(fd: number, segment: Segment, { from, to }: { from: number; to: number }): Promise<OpenPiece> {
  const placeOf = (n: number): Promise<number> => {
    const place = segment.log.placeBefore(segment, n);
    return endOfLines(fd, place.at, n - place.n);
  };
  const n = Math.max(segment.n, from);
  const at = n === segment.n ? segment.at : await placeOf(n);
  const end = segment.n + segment.lines - 1 <= to ? segment.at + segment.bytes : await placeOf(to + 1);
  return { fd, at, bytes: end - at, n };
}

/** The place after `count` lines from `at` on. */
async function endOfLines(fd: number, at: number, count: number): Promise<number> {
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  let [end, left] = [at, count];
  while (left > 0) {
    const { bytesRead } = await readAt(fd, block, 0, block.length, end);
    const data = block.subarray(0, bytesRead);
    const { lines, wholeBytes } = countLines(data);
    if (lines === 0) break;
    const isBeyond = lines > left;
    end += isBeyond ? skipLines(data, 0, left) : wholeBytes;
    left -= isBeyond ? left : lines;
  }
  return end;
}
