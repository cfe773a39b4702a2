/**
 * Consecutive lines and fragments of one execution, handled as one piece: one append, one broadcast. Nothing after the
 * parser works line by line.
 */
export interface Chunk {
  /** Number of the first line, from 1. */
  readonly firstN: number;
  readonly count: number;
  /** How many of the lines are fragments (tag P): their line feed was not printed. */
  readonly fragments: number;
  /**
   * `count` CRI lines, each ended by LF, exactly as in the log. Valid only during the call that passes it: the buffer
   * is reused, so a callee that keeps bytes copies them.
   */
  readonly cri: Buffer;
}
