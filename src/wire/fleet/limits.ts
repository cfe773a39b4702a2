/** Bounds of the fleet that client, collector and node must agree on. */
export const FLEET_LIMITS = {
  /** Order and signature as they are sent, octets. The broker takes 256 KiB; the rest is room for its headers. */
  maxMessageBytes: 196_608,
  /** The signature alone: one of an RSA key of 16,384 bits has 6 KiB. */
  maxSignatureBytes: 8_192,
  /** Of one collector. */
  maxNodes: 4_000,
  /** What waits for its outbox's disk: as many as reports of nodes may, and as much again of users and of repetition. */
  maxWaitingChanges: 65_536,
  maxArguments: 4_096,
  /** MAX_ARG_STRLEN of Linux with its NUL (execve(2)). */
  maxArgumentCharacters: 131_071,
  maxEnvironment: 256,
  /** PATH_MAX with its NUL. */
  maxPathCharacters: 4_095,
  maxFiles: 256,
  maxFileBytes: 2 ** 40,
  maxSeconds: 31_536_000,
  maxMemoryBytes: 2 ** 50,
  maxKillAfterSeconds: 3_600,
  /** Where nobody says how long a command has from its TERM to its KILL. */
  usualKillAfterSeconds: 60,
  /** An order may wait for an absent node this long. */
  maxLifeMs: 7 * 86_400_000,
  /** A question is answered now or not at all. */
  maxAskLifeMs: 30_000,
  /** By which the clocks of client and node may differ. */
  maxSkewMs: 300_000,
  /** Of a provider. */
  maxQuestionArguments: 64,
  maxQuestionCharacters: 256,
  /** Of a service. */
  maxInputCharacters: 65_536,
  /** Presence, a provider's answer, and what a provider prints, octets. An event may have `maxMessageBytes`. */
  maxEventBytes: 65_536,
  maxWhyCharacters: 40,
  maxTextCharacters: 500,
  /** Of a provider's answer, which also fits `maxEventBytes`. */
  maxAnswerRows: 256,
  maxAnswerColumns: 32,
  /** Runs that presence lists; all others are in the node's journal. */
  maxListedRuns: 64,
  maxListedServices: 128,
  /** A program's name has 128; of one that a user publishes the user's name is a part. */
  maxServiceCharacters: 160,
  /** A node reports each second for this long after it was last asked to: two requests may be lost. */
  watchLeaseMs: 15_000,
  watchEveryMs: 1_000,
} as const;
