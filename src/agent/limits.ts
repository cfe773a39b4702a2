/** Bounds of the node's side. Those that client, collector and node share are in `wire/fleet/limits.ts`. */
export const AGENT_LIMITS = {
  /** One user's runs that are not final: more is a script gone wrong. */
  openRunsPerUser: 1_000,
  /** Of all users: each has a folder, and a watch on it. */
  openRuns: 10_000,
  /** What the journal keeps of one user's runs, ended ones for a day: 50,000 small ones. The disk is the others' as well. */
  journalBytesPerUser: 1_073_741_824,
  /** Commands of one user that begin in a second. */
  startsPerSecondPerUser: 20,
  /** Between the two halves of the agent: an event with its order in it, escaped. */
  maxLineBytes: 1_048_576,
  /** Questions that a node looks at. Each is a program of at most 65,536 bytes of output. */
  openQuestions: 16,
  /** Then the program is killed. */
  answerWithinMs: 5_000,
  /** Then nobody waits for what should have killed it: systemd, or a directory of users, is silent. */
  lookWithinMs: 8_000,
  /** Events on their way to the collector. */
  eventsInFlight: 256,
  /** Orders that wait to be verified: the collector repeats those beyond. */
  waitingMessages: 1_024,
  /** An event without an answer is sent again after this time. */
  tellAgainAfterMs: 3_000,
  /** A run that could not be started is tried again after this long. */
  startAgainAfterMs: 5_000,
  /** Nothing says when a supervisor of an earlier process ends. */
  lookEveryMs: 1_000,
  /** A folder goes this long after its run has ended and expired, and the collector has stored its last state. */
  keepFolderMs: 86_400_000,
  /** The same of a call, which nobody asks for later than that: a user may make 20 in a second. */
  keepCallMs: 600_000,
  /** A cancel outlives every order that it can meet. */
  keepCancelMs: 8 * 86_400_000,
  sweepEveryMs: 600_000,
  /** A directory of users that is silent for this long is waited for. */
  directoryWithinMs: 2_000,
  presenceEveryMs: 15_000,
  /** Every so many presences carry the facts. */
  factsEvery: 10,
  /** Programs look again for what labels and GPUs the node has. */
  findFactsEveryMs: 300_000,
  /** Files of users that mlagent fetches at a time, and that wait for it. */
  fetchesAtOnce: 4,
  waitingBlobs: 1_024,
  /** What it keeps of them, the latest used: nodes get the same files again and again. One larger file goes through alone. */
  cacheBytes: 8_589_934_592,
  /** The disk is others' as well. */
  cacheReserveBytes: 134_217_728,
  /** Faults of one file that are named. */
  namedFaults: 30,
  /** Errors that wait for the collector: those beyond are counted. */
  waitingErrors: 64,
  /** Services that commands of one user offer: presence lists 128, the node's own first. */
  offersOfUser: 16,
  /** Events of users that wait for it: those beyond stay in their folder. One user's share leaves room for three others. */
  waitingEvents: 256,
  waitingEventsOfUser: 64,
  /** Events of one user that are taken in a minute: more is a script gone wrong. The others are discarded and counted. */
  eventsAMinuteOfUser: 60,
  /** Names that are looked at in a second, whatever somebody has filled the folder with. */
  eventNamesALook: 1_024,
  /** Files there that cannot be removed: then no event is taken any more, for none would go. */
  stuckEvents: 1_024,
} as const;
