/** Bounds of one relay's connection. */
export const CONNECTION_LIMITS = {
  /** What waits for the store; beyond either of the two the socket is not read. */
  maxBatchBytes: 4 * 1_048_576,
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
