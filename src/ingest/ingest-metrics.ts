import type { GateStatus } from "../frame/gate-status.ts";
import type { RelayStatus } from "../frame/relay-status.ts";
import type { Count, Metrics } from "../host/metrics.ts";
import type { ClockDifferences } from "./figures/clock-differences.ts";
import { NodeFigures } from "./figures/node-figures.ts";
import { RelayPresence } from "./figures/relay-presence.ts";
import { GATE_FIGURES, RELAY_FIGURES } from "./figures/reported-figures.ts";

/** Counters of the receivers. Every frame or session refused adds one to a reason. */
export interface IngestMetrics {
  readonly frames: Count;
  readonly lines: Count;
  readonly criBytes: Count;
  readonly discardedFrames: (reason: string) => Count;
  readonly refusedSessions: (reason: string) => Count;
  /** Relays' reports on themselves. */
  readonly relays: NodeFigures<RelayStatus>;
  readonly gates: NodeFigures<GateStatus>;
  readonly presence: RelayPresence;
  readonly clocks: Pick<ClockDifferences, "update">;
}

export function createIngestMetrics(options: {
  readonly metrics: Metrics;
  readonly clocks: IngestMetrics["clocks"];
  readonly nowMs: () => number;
}): IngestMetrics {
  const { metrics, clocks, nowMs } = options;
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
    relays: new NodeFigures({ figures: RELAY_FIGURES, metrics, presence, nowMs }),
    gates: new NodeFigures({ figures: GATE_FIGURES, metrics, presence, nowMs }),
    presence,
    clocks,
  };
}
