/** Bounds of one relay's connection. */
export const CONNECTION_LIMITS = {
  /** Lines, memory and frames that wait for the store. Beyond any of the three the socket is not read. */
  maxBatchBytes: 4 * 1_048_576,
  /** One line of each of 4,096 executions, a window of RELP, fits one batch. */
  maxHeldBytes: 24 * 1_048_576,
  maxUnansweredFrames: 65_536,
  /** Acknowledgements that the relay has not read. Beyond it the socket is not read. */
  maxReplyBytes: 1_048_576,
  /** Time that a batch of very many executions gathers, so that each write takes more than one line. */
  gatherMs: 2,
  /** What the store gets of a batch in one step: each item is one write at least, and may open its file first. */
  itemsAStep: 64,
  bytesAStep: 1_048_576,
  /** Estimate for binding one BEGIN: a folder, two files, a row. */
  claimMs: 1,
  /** Interval at which a store that cannot write gets the batch again. */
  retryAfterMs: 1_000,
} as const;
