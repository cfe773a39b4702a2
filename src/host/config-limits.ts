/**
 * Every limit that an administrator may change, under `[limits]` of collector.toml (`relpConnections` is
 * `relp-connections` there). Bounds that both ends of a wire must agree on are in src/wire/limits.ts.
 */
export const DEFAULT_LIMITS = {
  /** Relays connected at a time, in total and for one node. */
  relpConnections: 4_096,
  relpConnectionsPerNode: 64,
  /** Connections that have not yet proved their node. */
  relpHandshakes: 1_024,
  handshakeTimeoutMs: 10_000,
  openTimeoutMs: 10_000,
  halfFrameTimeoutMs: 30_000,
  /** Frames whose owner is not yet known. */
  quarantineBytesPerNode: 67_108_864,
  quarantineBytesPerExecution: 4_194_304,
  quarantineAgeDays: 7,
  runningExecutionsPerUser: 10_000,
  /**
   * One user's share, 0 for no limit; anything beyond it is not stored. The rates are above what a collector on two
   * cores handles: a job that is merely fast must never reach them. Disk space is limited because a flood takes it from
   * others for good.
   */
  executionsPerMinutePerUser: 60_000,
  linesPerSecondPerUser: 1_000_000,
  bytesPerSecondPerUser: 268_435_456,
  bytesOnDiskPerUser: 107_374_182_400,
  /** Bytes of a user's files for nodes, which an order or a day keeps; 0 for no limit. */
  fleetFileBytesPerUser: 21_474_836_480,
  /** Known ranges of n per execution, in memory; more go to disk. */
  deduplicationIntervals: 4_096,
  /** Lines and bytes that wait for a slow viewer; beyond that it loses lines and learns which. */
  viewerBacklogBytes: 1_048_576,
  viewerBacklogLines: 10_000,
  websocketsPerUser: 64,
  /** TCP connections to the web server, from all users together. */
  webConnections: 8_192,
  /** Connections from one IPv4 address or IPv6 /56: whole offices share one address. */
  webConnectionsPerAddress: 2_048,
  /** `raw` streams that one user reads at a time. */
  downloadsPerUser: 8,
  /** Searches that run at a time, of one user and of all: each keeps two processor cores busy. */
  searchesPerUser: 2,
  searches: 4,
  /** Failed logins a minute. Never counted per user alone: nobody may lock another out. */
  loginAttemptsPerAddress: 10,
  loginAttemptsPerUser: 5,
  /** A session ends this long after its last use, and this long after the login in any case. */
  sessionIdleHours: 12,
  sessionDays: 7,
  sessionsPerUser: 64,
  /**
   * Audit records: bytes per file, old files kept (compressed), and records a minute: for differing refusals, and for
   * each kind of action of a user on what is their own, logins or deletions for instance (30 of one kind fill these files
   * in a month).
   */
  auditFileBytes: 16_777_216,
  auditFiles: 20,
  auditRefusalsPerMinute: 120,
  auditActionsPerUserPerMinute: 30,
};

type LimitName = keyof typeof DEFAULT_LIMITS;
export type Limits = Readonly<Record<LimitName, number>>;

/** A day: setTimeout fires at once for anything above 24.8 days. */
const MAX_TIMEOUT_MS = 86_400_000;
const MAX_LIMIT = 1_000_000_000_000;
const MAX_BYTES_ON_DISK = 1_000_000_000_000_000;
const MAY_BE_OFF: ReadonlySet<LimitName> = new Set([
  "executionsPerMinutePerUser",
  "linesPerSecondPerUser",
  "bytesPerSecondPerUser",
  "bytesOnDiskPerUser",
  "fleetFileBytesPerUser",
]);

export function isLimitName(name: string): name is LimitName {
  return Object.hasOwn(DEFAULT_LIMITS, name);
}

/** The lowest allowed value of a limit: 0 if that means no limit. */
export function lowestLimit(name: LimitName): number {
  return MAY_BE_OFF.has(name) ? 0 : 1;
}

/** The highest allowed value of a limit. */
export function highestLimit(name: LimitName): number {
  if (name === "bytesOnDiskPerUser") return MAX_BYTES_ON_DISK;
  return name.endsWith("Ms") ? MAX_TIMEOUT_MS : MAX_LIMIT;
}
