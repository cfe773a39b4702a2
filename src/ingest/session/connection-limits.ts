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
  /** Of a batch, what the store gets in one step: each item is a write at least, and may open its file first. */
  itemsAStep: 64,
  bytesAStep: 1_048_576,
  /** What binding one BEGIN takes about: a folder, two files, a row. */
  claimMs: 1,
  /** How often a store that cannot write is offered the batch again. */
  retryAfterMs: 1_000,
} as const;
