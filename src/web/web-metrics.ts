import type { Count, Metrics } from "../host/metrics.ts";

export interface WebMetrics {
  /** Logins by outcome: accepted, denied, throttled, unavailable. */
  readonly logins: (outcome: string) => Count;
  readonly refused: (reason: string) => Count;
}

export function createWebMetrics(metrics: Metrics): WebMetrics {
  return {
    logins: metrics.counter("ml_logins_total", "Attempts to sign in", "outcome"),
    refused: metrics.counter("ml_web_refused_total", "Requests refused", "reason"),
  };
}
