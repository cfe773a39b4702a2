import { lstatSync, rmSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { Endpoint } from "./config-fields.ts";
import { isMissing } from "./is-missing.ts";
import type { Metrics } from "./metrics.ts";
import { hasToken } from "./metrics-access.ts";

/** A scraper or two, and a person looking. */
const MAX_CONNECTIONS = 16;
const REQUEST_WITHIN_MS = 5_000;
/** A unix socket for its owner and group: the scraper's user joins the group. */
const SOCKET_UMASK = 0o117;

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
  if ("path" in listen) removeStaleSocket(listen.path);
  const umask = "path" in listen ? process.umask(SOCKET_UMASK) : undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      // Binds before it returns, so that the umask above applies.
      server.listen(listen, resolve);
    });
  } finally {
    if (umask !== undefined) process.umask(umask);
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

/** Removes the socket of a killed collector. Anything else stays, and listening fails. */
function removeStaleSocket(path: string): void {
  try {
    if (lstatSync(path).isSocket()) rmSync(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
