import { createServer, type RequestListener } from "node:http";
import type { Endpoint } from "./config-fields.ts";
import type { Metrics } from "./metrics.ts";
import { hasToken } from "./metrics-access.ts";
import { listenOnFile } from "./socket-file.ts";

/** A scraper or two, and a person looking. */
const MAX_CONNECTIONS = 16;
const REQUEST_WITHIN_MS = 5_000;

export interface MetricsServer {
  /** Undefined on a unix socket. */
  readonly port: number | undefined;
  stop(): Promise<void>;
}

/** Serves `GET /metrics` and nothing else, on a port or a unix socket of its own. */
export async function startMetricsServer(options: {
  readonly listen: Endpoint;
  readonly token: string | undefined;
  readonly metrics: Metrics;
}): Promise<MetricsServer> {
  const { listen } = options;
  const server = createServer(
    { requestTimeout: REQUEST_WITHIN_MS, headersTimeout: REQUEST_WITHIN_MS },
    answer(options),
  );
  server.maxConnections = MAX_CONNECTIONS;
  // The scraper's user joins the group of the socket.
  if ("path" in listen) await listenOnFile(server, { path: listen.path, for: "owner and group" });
  else {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(listen, resolve);
    });
  }
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : undefined,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer({ token, metrics }: { token: string | undefined; metrics: Metrics }): RequestListener {
  return async (request, response) => {
    const { method, url, headers } = request;
    response.setHeader("Cache-Control", "no-store");
    if (token !== undefined && !hasToken(headers.authorization, token)) {
      response.writeHead(401, { "WWW-Authenticate": "Bearer" }).end("Send the token of metrics-token-file\n");
    } else if (url !== "/metrics" || (method !== "GET" && method !== "HEAD")) {
      response.writeHead(404).end("Only GET /metrics is served here\n");
    } else {
      response.writeHead(200, { "Content-Type": "text/plain; version=0.0.4; charset=utf-8" });
      response.end(await metrics.text());
    }
  };
}
