import type { Count, Metrics } from "../host/metrics.ts";

/** The store's counters: every line that it stores, already has, quarantines or discards. */
export interface StoreMetrics {
  readonly lines: Count;
  readonly bytes: Count;
  readonly duplicateLines: Count;
  readonly lateLines: Count;
  readonly quarantinedLines: Count;
  readonly discardedLines: (reason: string) => Count;
  readonly expiredQuarantines: Count;
  readonly refusedBegins: (reason: string) => Count;
  readonly cutBegins: (member: string) => Count;
  readonly evictedQuarantines: (reason: string) => Count;
  readonly heldBegins: Count;
  readonly seals: (outcome: "sealed" | "failed" | "cancelled") => Count;
  readonly sealedBytes: Count;
  readonly sealedFileBytes: Count;
  readonly failures: (code: string) => Count;
}

export function createStoreMetrics(metrics: Metrics): StoreMetrics {
  return {
    lines: metrics.count("ml_store_lines_total", "Lines and fragments stored"),
    bytes: metrics.count("ml_store_bytes_total", "Bytes of the log format stored"),
    duplicateLines: metrics.count("ml_store_duplicate_lines_total", "Lines that arrived again and were stored already"),
    lateLines: metrics.count("ml_store_late_lines_total", "Lines stored after later ones of their execution"),
    quarantinedLines: metrics.count("ml_store_quarantined_lines_total", "Lines kept aside until their BEGIN comes"),
    discardedLines: metrics.counter("ml_store_discarded_lines_total", "Lines acknowledged and discarded", "reason"),
    expiredQuarantines: metrics.count("ml_quarantine_expired_total", "Executions whose BEGIN did not come in time"),
    refusedBegins: metrics.counter("ml_store_refused_begins_total", "BEGINs that bound nothing", "reason"),
    cutBegins: metrics.counter("ml_store_cut_begins_total", "BEGINs of which a member was over its limit", "member"),
    evictedQuarantines: metrics.counter(
      "ml_quarantine_evicted_total",
      "Executions that left the quarantine before anybody claimed them, by the limit",
      "reason",
    ),
    heldBegins: metrics.count(
      "ml_store_held_begins_total",
      "How often a relay had to wait because the user directory did not answer",
    ),
    seals: metrics.counter("ml_store_seals_total", "Logs packed long after their end, by outcome", "outcome"),
    sealedBytes: metrics.count("ml_store_sealed_bytes_total", "Bytes of the log format in logs that were sealed"),
    sealedFileBytes: metrics.count("ml_store_sealed_file_bytes_total", "Bytes of the files that hold them since"),
    failures: metrics.counter("ml_store_failures_total", "Failures to store, by error code", "code"),
  };
}
