/** Bounds of mlrun; those that both ends of a wire must agree on are in `WIRE_LIMITS`. */
export const RUN_LIMITS = {
  /** One read of an output pipe: the capacity of a Linux pipe. */
  readBytes: 65_536,
  /** One read of the pump's socket: several records, about as much as the socket holds (socket(7)). */
  recordsBytes: 262_144,
  /** Bytes held until the next read: an unfinished line (shorter than a frame) and redraws, perhaps two of 64 rows. */
  holdBytes: 65_536,
  /** Frames are stored in blocks; whole blocks are kept, resent and reused. */
  blockBytes: 65_536,
  /** Unsent frames: 1 MiB, then reading stops until the relay or the spool takes some. */
  unsentBlocks: 16,
  /** Bytes of one sender that gate and rsyslogd hold in their own memory: 256 KiB and a frame, and 128 KiB. */
  gateAndRelayBytes: 524_288,
  /** Largest send buffer of a unix socket to plan for: the most that tuning for 100 Gbit/s sets. */
  maxSendBufferBytes: 16_777_216,
  /** A line without its newline is sent after this time: a prompt must be visible. */
  fragmentAfterMs: 150,
  /** One redraw of a line in each stream is sent in this time, and always the last one. */
  redrawEveryMs: 250,
  /** Anything longer is text with a `\r` in it, not a redraw. Two of these fit into `holdBytes`. */
  redrawBytes: 4_096,
  /** After this time without progress, the spool replaces the relay. */
  slowRelayMs: 2_000,
  /** Time for a listening gate's answer to BEGIN: on a busy node it comes late, and then lines flow again. */
  beginWithinMs: 5_000,
  /** First and longest pause between attempts to connect. */
  reconnectFirstMs: 50,
  reconnectMostMs: 10_000,
  /** Time for the relay to take over the rest after the half-close. */
  takeOverMs: 5_000,
  beatEveryMs: 10_000,
  /**
   * Time from the command's exit to an extra beat that reports it. Most commands close their output as they end, and
   * END follows at once.
   */
  exitSaidAfterMs: 500,
  /** Time for which grandchildren may hold the output pipes after the command has ended. */
  grandchildrenMs: 10_000,
  /** Most that a command can leave in a pipe (pipe-max-size, pipe(7)); anything beyond comes from a grandchild. */
  pipeBytes: 1_048_576,
  /** Output waiting for mlrun's own stdout, or for its stderr; beyond it, reading stops. */
  mirrorBytes: 262_144,
  spoolBytes: 268_435_456,
  /** JSON of BEGIN: the gate and rsyslogd add their heads, and 8 KiB is the limit for the whole. */
  beginBytes: 7_000,
  /** All --label options together, as JSON: they must leave room for the command line and its folder. */
  labelBytes: 3_500,
  /** Size of mlrun.toml, which each mlrun reads. */
  siteFileBytes: 65_536,
} as const;
