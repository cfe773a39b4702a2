import type { Count, Metrics } from "../host/metrics.ts";
import { GateFigures } from "./figures/gate-figures.ts";
import { RelayFigures } from "./figures/relay-figures.ts";
import { RelayPresence } from "./figures/relay-presence.ts";

/** Counters of the receivers. Every frame or session refused adds one to a reason. */
export interface IngestMetrics {
  readonly frames: Count;
  readonly lines: Count;
  readonly criBytes: Count;
  readonly discardedFrames: (reason: string) => Count;
  readonly refusedSessions: (reason: string) => Count;
  /** Relays' reports on themselves. */
  readonly relays: RelayFigures;
  readonly gates: GateFigures;
  readonly presence: RelayPresence;
}

export function createIngestMetrics(metrics: Metrics, nowMs: () => number): IngestMetrics {
  const presence = new RelayPresence(metrics, nowMs);
  return {
    frames: metrics.count("ml_ingest_frames_total", "Messages taken from relays"),
    lines: metrics.count("ml_ingest_lines_total", "Lines and fragments decoded from frames"),
    criBytes: metrics.count("ml_ingest_bytes_total", "Bytes of the log format decoded from frames"),
    discardedFrames: metrics.counter(
      "ml_ingest_discarded_frames_total",
      "Messages acknowledged and discarded because they break the frame grammar",
      "reason",
    ),
    refusedSessions: metrics.counter("ml_relp_refused_sessions_total", "Relay connections cut off", "reason"),
    relays: new RelayFigures({ metrics, presence, nowMs }),
    gates: new GateFigures({ metrics, presence, nowMs }),
    presence,
  };
}
