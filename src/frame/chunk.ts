/**
 * Consecutive lines and fragments of one execution, handled as one piece: one append, one broadcast.
 * Nothing behind the parser works line by line.
 */
export interface Chunk {
  /** Number of the first line, from 1. */
  readonly firstN: number;
  readonly count: number;
  /** `count` CRI lines, each ended by LF, exactly as they stand in the log. Whoever holds a chunk must not change it. */
  readonly cri: Buffer;
}
