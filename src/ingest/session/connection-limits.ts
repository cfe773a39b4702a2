/** Bounds of one relay's connection. */
export const CONNECTION_LIMITS = {
  /** What waits for the store: lines, memory for them, frames. Beyond any of the three the socket is not read. */
  maxBatchBytes: 4 * 1_048_576,
  /** A line of each of 4,096 executions, a window of RELP, is one batch: a write takes what there is of each. */
  maxHeldBytes: 24 * 1_048_576,
  maxUnansweredFrames: 65_536,
  /** Acknowledgements that the relay has not read; beyond it the socket is not read. */
  maxReplyBytes: 1_048_576,
  /** How long a batch of very many executions gathers, so that one write takes more than one line of each. */
  gatherMs: 2,
  /** BEGINs in a row, of about half a millisecond each, before others are served. */
  claimsATurn: 8,
  /** How often a store that cannot write is offered the batch again. */
  retryAfterMs: 1_000,
} as const;
