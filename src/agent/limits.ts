/** Limits of the node's side. Limits shared with client and collector are in `wire/fleet/limits.ts`. */
export const AGENT_LIMITS = {
  /** Unfinished runs of one user: more is a script gone wrong. */
  openRunsPerUser: 1_000,
  /** Unfinished runs of all users: each takes a folder and an inotify watch. */
  openRuns: 10_000,
  /** Journal space of one user's runs, ended ones for a day: 50,000 small ones. Leaves disk space for other users. */
  journalBytesPerUser: 1_073_741_824,
  /** Commands of one user started per second. */
  startsPerSecondPerUser: 20,
  /** Line between the two halves of the agent: fits an event with an escaped order. */
  maxLineBytes: 1_048_576,
  /** Questions answered at once. Each runs a program with at most 65,536 bytes of output. */
  openQuestions: 16,
  /** Time until the program is killed. */
  answerWithinMs: 5_000,
  /** Time until a program is given up that should have been killed: systemd or the user directory does not answer. */
  lookWithinMs: 8_000,
  /** Events sent and not yet answered. */
  eventsInFlight: 256,
  /** Orders waiting for verification: the collector resends the rest. */
  waitingMessages: 1_024,
  /** Time until an unanswered event is resent. */
  tellAgainAfterMs: 3_000,
  /** Pause before another attempt to start a run. */
  startAgainAfterMs: 5_000,
  /** Polling interval: nothing signals the end of a supervisor that an earlier process started. */
  lookEveryMs: 1_000,
  /** A run's folder is removed this long after the run ended and expired and the collector stored its last state. */
  keepFolderMs: 86_400_000,
  /** The same for a call. Nobody asks about it later, and a user may make 20 a second. */
  keepCallMs: 600_000,
  /** A cancel outlives every order that it can apply to. */
  keepCancelMs: 8 * 86_400_000,
  sweepEveryMs: 600_000,
  presenceEveryMs: 15_000,
  /** One presence message in this many carries the facts. */
  factsEvery: 10,
  /** Interval at which programs look for labels and GPUs again. */
  findFactsEveryMs: 300_000,
  /** Files that mlagent fetches at once, and that may wait. */
  fetchesAtOnce: 4,
  waitingBlobs: 1_024,
  /** Size of mlagent's cache of files: nodes get the same files repeatedly. A single larger file still passes. */
  cacheBytes: 8_589_934_592,
  /** Free space left for other users of the disk. */
  cacheReserveBytes: 134_217_728,
  /** Logged faults of one file, and users named in one message. */
  namedFaults: 30,
  /** Errors waiting for the collector: the rest are counted. */
  waitingErrors: 64,
  /** Services offered by one user's commands: presence lists 128, the node's own first. */
  offersOfUser: 16,
  /** Users' events waiting for the collector: the rest stay in their folder. One user's share leaves room for three others. */
  waitingEvents: 256,
  waitingEventsOfUser: 64,
  /** Events of one user taken per minute: more is a script gone wrong. The rest are discarded and counted. */
  eventsAMinuteOfUser: 60,
  /** Directory entries read per second, however many a user creates. */
  eventNamesALook: 1_024,
  /** Unremovable files in the folder: at this many no further events are taken, since they could not be removed either. */
  stuckEvents: 1_024,
} as const;
