import { readSync } from "node:fs";

const LINE_FEED = 0x0a;

/** Where the members of a sealed log begin: in its file, in its text, and at which line (from 0); and their ends. */
export interface Members {
  readonly fileAt: Float64Array;
  readonly textAt: Float64Array;
  readonly lineAt: Float64Array;
}

/** Consecutive CRI lines in a file that its owner keeps open. */
export interface LogPiece {
  readonly fd: number;
  /** Present if the file has gzip members, with their filters in another file: then places are those of the text. */
  readonly sealed?: { readonly members: Members; readonly filterFd: number | undefined } | undefined;
  readonly at: number;
  readonly bytes: number;
  /** Number of its first line. */
  readonly n: number;
  /** None of its lines is a piece of a longer one. Omitted if unknown. */
  readonly isWhole?: true;
}

/**
 * Whole lines; `firstN` is undefined if they continue the block before. Valid until the next block. `passed`: the
 * number of lines skipped instead, which cannot match and are no pieces of lines around them.
 */
export interface Block {
  readonly cri: Buffer;
  readonly firstN: number | undefined;
  readonly passed?: number;
  /** The numbers of its lines, which need not be consecutive; none of them is a piece, and no line is open before them. */
  readonly numbers?: readonly number[];
  /** Bytes of the file that it covers, if not its own. */
  readonly bytes?: number;
  /** The last block of the piece. */
  readonly isLast?: boolean;
}

/** A buffer that blocks of all pieces are read into: fresh memory costs as much as reading. */
export interface BlockSpace {
  buffer: Buffer;
}

/** Reads a piece block by block. Ends early if the file is shorter, as after a failing disk. */
export function* readBlocks(piece: LogPiece, blockBytes: number, space?: BlockSpace): Generator<Block> {
  const end = piece.at + piece.bytes;
  const firstBytes = Math.min(blockBytes, piece.bytes);
  if (space !== undefined && space.buffer.length < firstBytes) space.buffer = Buffer.allocUnsafe(firstBytes);
  let buffer = space?.buffer.subarray(0, firstBytes) ?? Buffer.allocUnsafe(firstBytes);
  let [at, kept] = [piece.at, 0];
  let firstN: number | undefined = piece.n;
  while (at < end) {
    // A line longer than a block.
    if (kept === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2);
    const bytesRead = readSync(piece.fd, buffer, kept, Math.min(buffer.length - kept, end - at), at);
    if (bytesRead === 0) return;
    at += bytesRead;
    const filled = kept + bytesRead;
    const whole = buffer.lastIndexOf(LINE_FEED, filled - 1) + 1;
    if (whole > 0) {
      yield { cri: buffer.subarray(0, whole), firstN, isLast: at === end && whole === filled };
      firstN = undefined;
      buffer.copyWithin(0, whole, filled);
    }
    kept = filled - whole;
  }
}
