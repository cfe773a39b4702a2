/** Bounds of mlrun; what both ends of a wire must agree on stands in `WIRE_LIMITS`. */
export const RUN_LIMITS = {
  /** One read of an output pipe: what a pipe of Linux holds. */
  readBytes: 65_536,
  /** Unfinished line (shorter than a frame) and unfinished redraw that wait before the next read. */
  holdBytes: 16_384,
  /** Frames lie in blocks; whole blocks are kept, sent again and reused. */
  blockBytes: 65_536,
  /** Frames that are not sent yet: 1 MiB, then reading stops until the relay or the spool takes some. */
  unsentBlocks: 16,
  /** What gate and rsyslogd hold of one sender in their own memory: 256 KiB and a frame, and 128 KiB. */
  gateAndRelayBytes: 524_288,
  /** Send buffers of unix sockets are reckoned with up to here: what tuning for 100 Gbit/s sets, at most. */
  maxSendBufferBytes: 16_777_216,
  /** A line without its newline is shown after this time: a prompt must be seen. */
  fragmentAfterMs: 150,
  /** Of a line that is redrawn, one redraw a stream is sent in this time, and always the last. */
  redrawEveryMs: 250,
  /** What is longer is text with a `\r` in it, not a redraw. Two of these fit into `holdBytes`. */
  redrawBytes: 4_096,
  /** A relay that takes nothing for this time is given up for the spool. */
  slowRelayMs: 2_000,
  /** First and longest pause between attempts to connect. */
  reconnectFirstMs: 50,
  reconnectMostMs: 10_000,
  /** After the half-close the relay has this long to take over the rest. */
  takeOverMs: 5_000,
  beatEveryMs: 10_000,
  /** Most commands close their output as they end, and END follows at once: only later a beat of its own says the exit. */
  exitSaidAfterMs: 500,
  /** Grandchildren may hold the output pipes this long after the command has ended. */
  grandchildrenMs: 10_000,
  /** A pipe can hold so much of what the command left (pipe-max-size, pipe(7)); whatever is more is a grandchild's. */
  pipeBytes: 1_048_576,
  /** Output that waits for mlrun's own stdout or stderr, each; then reading stops. */
  mirrorBytes: 262_144,
  spoolBytes: 268_435_456,
  /** BEGIN's JSON: the gate and rsyslogd put their heads before it, and 8 KiB is the most for the whole. */
  beginBytes: 7_000,
  /** Of --label, all together, as JSON: the command line and its folder need room beside them. */
  labelBytes: 3_500,
} as const;
