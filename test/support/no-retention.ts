import type { RetentionConfig } from "../../src/host/config-retention.ts";

/** Deletes nothing by itself. */
export const NO_RETENTION: RetentionConfig = {
  maxAgeMs: undefined,
  bytesPerUser: undefined,
  bytes: undefined,
  minFree: undefined,
  newest: 0,
  heldBytesPerUser: Number.POSITIVE_INFINITY,
  jobs: [],
  syslogMaxAgeMs: undefined,
  auditMaxAgeMs: undefined,
};
