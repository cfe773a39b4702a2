/** Bounds of mlrun; what both ends of a wire must agree on stands in `WIRE_LIMITS`. */
export const RUN_LIMITS = {
  /** One read of an output pipe: what a pipe of Linux holds. */
  readBytes: 65_536,
  /** Unfinished line (shorter than a frame) and unfinished redraw that wait before the next read. */
  holdBytes: 16_384,
  /** Frames lie in blocks; whole blocks are kept, sent again and reused. */
  blockBytes: 65_536,
  /** Frames that were sent stay for a second sending: 1 MiB, more than a relay's socket buffer holds. */
  sentBlocks: 16,
  /** Frames that are not sent yet: another 1 MiB, then reading stops until the relay or the spool takes some. */
  maxBlocks: 32,
  /** A line without its newline is shown after this time: a prompt must be seen. */
  fragmentAfterMs: 150,
  /** Of a line that is redrawn, one redraw a stream is sent in this time, and always the last. */
  redrawEveryMs: 250,
  /** What is longer is text with a `\r` in it, not a redraw. Two of these fit into `holdBytes`. */
  redrawBytes: 4_096,
  /** A relay that takes nothing for this time is given up for the spool. */
  slowRelayMs: 2_000,
  /** BEGIN must be out before lines are sent, but not for longer than this: less than until the spool. */
  announceMs: 1_500,
  /** First and longest pause between attempts to connect. */
  reconnectFirstMs: 50,
  reconnectMostMs: 10_000,
  /** The relay's EOF means that it took over everything. */
  endOfFileMs: 5_000,
  beatEveryMs: 10_000,
  /** BEGIN goes again with each of these. */
  beatsPerBegin: 3,
  /** Grandchildren may hold the output pipes this long after the command has ended. */
  grandchildrenMs: 10_000,
  /** A pipe can hold so much of what the command left (pipe-max-size, pipe(7)); whatever is more is a grandchild's. */
  pipeBytes: 1_048_576,
  /** Output that waits for mlrun's own stdout or stderr, each; then reading stops. */
  mirrorBytes: 262_144,
  spoolBytes: 268_435_456,
  /** logger's --size: imuxsock cuts a message silently at 8 KiB. */
  beginBytes: 7_500,
  /** Of --label, all together, as JSON: the command line and its folder need room beside them. */
  labelBytes: 3_500,
} as const;
