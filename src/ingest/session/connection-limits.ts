/** Bounds of one relay's connection. */
export const CONNECTION_LIMITS = {
  /** Lines, memory and frames waiting for the store. Beyond any of the three the socket is not read. */
  maxBatchBytes: 4 * 1_048_576,
  /** One line from each of 4,096 executions, a RELP window, fits into one batch. */
  maxHeldBytes: 24 * 1_048_576,
  maxUnansweredFrames: 65_536,
  /** Acknowledgements that the relay has not read. Beyond this the socket is not read. */
  maxReplyBytes: 1_048_576,
  /** How long a batch of very many executions gathers, so that each write carries more than one line. */
  gatherMs: 2,
  /** Items given to the store in one step: each costs at least one write, and may have to open its file first. */
  itemsAStep: 64,
  /** The same in a session's first step, where each item may have to load its execution. */
  firstItemsAStep: 16,
  bytesAStep: 1_048_576,
  /** Estimate for binding one BEGIN: a folder, two files, a row. */
  claimMs: 1,
  /** Interval at which a store that cannot write is offered the batch again. */
  retryAfterMs: 1_000,
} as const;
