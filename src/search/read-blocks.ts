import { readSync } from "node:fs";

const LINE_FEED = 0x0a;

/** Consecutive CRI lines in a file that somebody else has opened and keeps open. */
export interface LogPiece {
  readonly fd: number;
  readonly at: number;
  readonly bytes: number;
  /** Number of its first line. */
  readonly n: number;
}

/** Whole lines; `firstN` is undefined if they continue the block before. Valid until the next block. */
export interface Block {
  readonly cri: Buffer;
  readonly firstN: number | undefined;
}

/** Reads a piece block by block. Ends early if the file is shorter, as after a failing disk. */
export function* readBlocks(piece: LogPiece, blockBytes: number): Generator<Block> {
  const end = piece.at + piece.bytes;
  let buffer = Buffer.allocUnsafe(Math.min(blockBytes, piece.bytes));
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
      yield { cri: buffer.subarray(0, whole), firstN };
      firstN = undefined;
      buffer.copyWithin(0, whole, filled);
    }
    kept = filled - whole;
  }
}
