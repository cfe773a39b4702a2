/** Bounds inside a search. How many searches run at a time is in host/config-limits.ts. */
export const SEARCH_LIMITS = {
  /** Bytes read and converted at a time; a worker does not listen meanwhile. */
  blockBytes: 524_288,
  /** A joined line is searched up to here: a match must not need the memory of an endless line. */
  maxLineBytes: 1_048_576,
  /**
   * Text for one ripgrep. It prints on a pipe only when its buffer is full or it ends: a small first epoch shows the
   * first hits soon, and large later ones need few starts.
   */
  firstEpochBytes: 1_000_000,
  maxEpochBytes: 64_000_000,
  /** An epoch ends this long after its first text, even if it is small. People do not notice shorter delays. */
  maxTextWaitsMs: 250,
  /** Logs of this size and more are scouted: starting a ripgrep takes as long as converting this much. */
  scoutFromBytes: 4_194_304,
  /**
   * In logs of this size and more, the first lines are named as soon as they are found; smaller ones are searched soon
   * enough.
   */
  scoutTwiceFromBytes: 67_108_864,
  namedSoon: 256,
  /**
   * A scout is given up if it names more than an eighth of some thousand lines: reading a named line takes several
   * times as long as converting one.
   */
  manyNamed: 4_096,
  leastLinesANamed: 8,
  epochGrowth: 4,
  /** Lines of one epoch: each needs about 30 bytes of memory while ripgrep has it. */
  maxEpochLines: 1_048_576,
  /** Small executions go to the thread together: at most this many, and this many bytes. */
  maxAtOnce: 32,
  atOnceBytes: 4_194_304,
  /** Bytes shown of a line, and of its text before the first match. */
  maxShownBytes: 4_096,
  shownBeforeMatchBytes: 1_024,
  /** Matches shown in one line. */
  maxRanges: 100,
  /** A record of ripgrep: a line of 1 MiB takes up to 6 MiB in JSON, and its first matches as much again. */
  maxRecordBytes: 16_777_216,
  /** Size of a compiled pattern; ripgrep refuses a larger one. */
  compiledPattern: "16M",
  /** Events that wait for a slow client; then ripgrep waits. */
  maxUnsentBytes: 1_048_576,
  /** A search reports at least this often, so that no proxy closes its connection as dead: they wait 60 s. */
  sayEveryMs: 15_000,
  /** Buckets of a scroll bar. */
  maxBuckets: 2_000,
  /** JavaScript heap of one worker. */
  workerHeapMb: 128,
  /** Workers without a search are kept this long. */
  workerIdleMs: 60_000,
  /** Searches of one user, and of all, that wait for their turn. */
  maxWaitingPerUser: 8,
  maxWaiting: 256,
  /** Most time of a search, in one execution and in more. */
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
