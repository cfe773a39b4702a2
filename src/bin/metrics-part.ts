import type { MetricsConfig } from "../host/config.ts";
import type { Part } from "../host/lifecycle.ts";
import { endpointText, listening } from "../host/listen-error.ts";
import type { Log } from "../host/log.ts";
import type { Metrics } from "../host/metrics.ts";
import { type MetricsServer, startMetricsServer } from "../host/metrics-server.ts";

/** The listener for a scraper, if one is configured. */
export function metricsPart(options: {
  readonly config: MetricsConfig;
  readonly token: string | undefined;
  readonly metrics: Metrics;
  readonly log: Log;
}): Part {
  const { config, token, metrics, log } = options;
  let server: MetricsServer | undefined;
  return {
    name: "metrics",
    start: async () => {
      const { listen } = config;
      if (listen === undefined) return;
      server = await listening(startMetricsServer({ listen, token, metrics }), { key: "metrics", at: listen });
      const { port } = server;
      const at = port === undefined || "path" in listen ? listen : { ...listen, port };
      log.event("info", "listening for scrapers of /metrics", { at: endpointText(at) });
    },
    stop: () => server?.stop(),
  };
}
