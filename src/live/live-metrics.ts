import type { Count, Metrics } from "../host/metrics.ts";

/** Figures of live viewing. */
export interface LiveMetrics {
  /** Lines that a slow viewer must fetch over the API. */
  readonly lostLines: Count;
  readonly refused: (code: string) => Count;
  readonly closed: (why: string) => Count;
}

export function createLiveMetrics(metrics: Metrics, countConnections: () => number): LiveMetrics {
  metrics.gauge("ml_live_connections", "WebSockets that are open", countConnections);
  return {
    lostLines: metrics.count("ml_live_lost_lines_total", "Lines not sent to viewers that read too slowly"),
    refused: metrics.counter("ml_live_refused_total", "Subscriptions and WebSockets that were refused", "reason"),
    closed: metrics.counter("ml_live_closed_total", "WebSockets that the collector closed", "reason"),
  };
}
