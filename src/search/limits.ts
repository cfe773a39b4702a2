/** Bounds inside a search. How many searches run at a time is in host/config-limits.ts. */
export const SEARCH_LIMITS = {
  /** Bytes read and converted at a time: also the time for which a worker does not listen. */
  blockBytes: 524_288,
  /** A joined line is searched up to here: a match must not need the memory of an endless line. */
  maxLineBytes: 1_048_576,
  /**
   * Text for one ripgrep. It prints on a pipe only what fills its buffer, or all at its end: a small first epoch brings
   * the first hits soon, large later ones cost few starts.
   */
  firstEpochBytes: 1_000_000,
  maxEpochBytes: 64_000_000,
  /** So long after the first text of an epoch it ends even if it is small. A person sees no delay in less. */
  maxTextWaitsMs: 250,
  /** Logs of this size and more are scouted: starting a ripgrep takes as long as making text of so much. */
  scoutFromBytes: 4_194_304,
  /** Of larger ones the first lines are named as soon as they are found: a person waits for those of smaller ones too. */
  scoutTwiceFromBytes: 67_108_864,
  namedSoon: 256,
  /**
   * A scout is given up where it names more than every eighth of some thousand lines: reading a line that it names takes
   * several times as long as making text of one.
   */
  manyNamed: 4_096,
  leastLinesANamed: 8,
  epochGrowth: 4,
  /** Lines of one epoch: each needs about 30 bytes of memory while ripgrep has it. */
  maxEpochLines: 1_048_576,
  /** Small executions are handed to the thread together: so many, or so much of them. */
  maxAtOnce: 32,
  atOnceBytes: 4_194_304,
  /** Of a line that is shown, and of what stands in it before the first match. */
  maxShownBytes: 4_096,
  shownBeforeMatchBytes: 1_024,
  /** Matches shown in one line. */
  maxRanges: 100,
  /** A record of ripgrep: a line of 1 MiB has 6 MiB in JSON, and its first matches as much again. */
  maxRecordBytes: 16_777_216,
  /** Compiled patterns in ripgrep: a larger one is refused. */
  compiledPattern: "16M",
  /** Events that wait for a slow client; then ripgrep waits. */
  maxUnsentBytes: 1_048_576,
  /** A search says something this often, so that nobody on the way takes its connection for dead: proxies wait 60 s. */
  sayEveryMs: 15_000,
  /** Of a scroll bar. */
  maxBuckets: 2_000,
  /** JavaScript's memory of one worker. */
  workerHeapMb: 128,
  /** Workers without a search are kept this long. */
  workerIdleMs: 60_000,
  /** Searches of one user, and of all, that wait for their turn. */
  maxWaitingPerUser: 8,
  maxWaiting: 256,
  /** Time of a search. */
  oneExecutionMs: 60_000,
  historyMs: 300_000,
} as const;

/** Sizes that tests make tiny. */
export interface EpochSizes {
  readonly blockBytes: number;
  readonly maxLineBytes: number;
  readonly firstEpochBytes: number;
  readonly maxEpochLines: number;
  readonly scoutFromBytes: number;
  readonly scoutTwiceFromBytes: number;
  readonly namedSoon: number;
  readonly manyNamed: number;
}
