/** Bounds of the fleet that client, collector and node must agree on. */
export const FLEET_LIMITS = {
  /** Order and signature as sent, octets. The broker takes 256 KiB; the rest is room for its headers. */
  maxMessageBytes: 196_608,
  /** Parts of one order that names many nodes: 4,000 with the longest names take 6. */
  maxParts: 8,
  /** The signature alone: that of a 16,384-bit RSA key has 6 KiB. */
  maxSignatureBytes: 8_192,
  /** Nodes of one collector. */
  maxNodes: 4_000,
  /** Changes that wait for the disk of its outbox: 32,768 reports of nodes, and as many again from users and resending. */
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
  /** Default time from a command's TERM to its KILL. */
  usualKillAfterSeconds: 60,
  /** An order may wait for an absent node this long. */
  maxLifeMs: 7 * 86_400_000,
  /** A question is answered now or not at all. */
  maxAskLifeMs: 30_000,
  /** Allowed difference between the clocks of client and node. */
  maxSkewMs: 300_000,
  /** Arguments of a question to a provider, and characters of each. */
  maxQuestionArguments: 64,
  maxQuestionCharacters: 256,
  /** Input and output of a service. */
  maxInputCharacters: 65_536,
  /** Presence, a provider's answer, and a provider's output, octets. An event may have `maxMessageBytes`. */
  maxEventBytes: 65_536,
  maxWhyCharacters: 40,
  maxTextCharacters: 500,
  /** Rows of a provider's answer, which must also fit `maxEventBytes`. */
  maxAnswerRows: 256,
  maxAnswerColumns: 32,
  /** Runs listed in presence; the node's journal has all. */
  maxListedRuns: 64,
  maxListedServices: 128,
  /** A program's name has 128; a name that a command publishes begins with its user's. */
  maxServiceCharacters: 160,
  /** A node reports each second for this long after the last request: two requests may be lost. */
  watchLeaseMs: 15_000,
  watchEveryMs: 1_000,
} as const;
