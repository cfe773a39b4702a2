import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { Socket } from "node:net";
import { createSecureContext } from "node:tls";
import type { Address, Endpoint } from "../host/config-fields.ts";
import type { Log } from "../host/log.ts";
import { listenOnFile } from "../host/socket-file.ts";
import type { ConnectionPlaces } from "./connection-places.ts";

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

interface WebServer {
  readonly server: Server;
  /** Resolves with its listening address. Members of `socketGroup` may connect to a unix socket. */
  listen(at: Endpoint, socketGroup: string | undefined): Promise<Endpoint>;
  /** Rereads the certificate. Throws and keeps the old one if the new one is unusable. */
  reload(): void;
  /** The certificate in use; undefined without TLS. */
  certificate(): X509Certificate | undefined;
  /** Accepts no more requests, and waits briefly for those being answered. */
  close(): Promise<void>;
}

/** Time for a handshake, and for a request's headers, which must not hold a connection for long. */
const HANDSHAKE_WITHIN_MS = 10_000;
const HEADERS_WITHIN_MS = 10_000;
const REQUEST_WITHIN_MS = 30_000;
const CHECK_EVERY_MS = 5_000;
/** Longer than the 60 s of common proxies, so that they never find a connection closed. */
const KEEP_ALIVE_MS = 65_000;
/** A client that reads nothing of its answer for this long is gone. */
const STALLED_AFTER_MS = 120_000;
const CLOSE_WITHIN_MS = 1_000;

export function createWebServer(options: {
  handler: RequestListener;
  tls: TlsFiles | undefined;
  places: ConnectionPlaces;
  log: Log;
}): WebServer {
  const { handler, tls, places, log } = options;
  const timeouts = {
    headersTimeout: HEADERS_WITHIN_MS,
    requestTimeout: REQUEST_WITHIN_MS,
    connectionsCheckingInterval: CHECK_EVERY_MS,
  };
  const handshake = { handshakeTimeout: HANDSHAKE_WITHIN_MS };
  let context = tls === undefined ? undefined : readTls(tls);
  let certificate = context === undefined ? undefined : new X509Certificate(context.cert);
  const secured =
    context === undefined ? undefined : createHttpsServer({ ...timeouts, ...handshake, ...context }, handler);
  const server: Server = secured ?? createHttpServer(timeouts, handler);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.setTimeout(STALLED_AFTER_MS);
  // node:http does not know connections in the middle of a handshake.
  const sockets = new Set<Socket>();
  // Runs before node:http and TLS see the connection.
  server.prependListener("connection", (socket: Socket) => {
    if (!places.enter(socket)) return;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("request", (request, response) => {
    places.use(request.socket);
    response.on("close", () => places.rest(request.socket));
  });
  server.on("upgrade", (request) => places.use(request.socket));
  return {
    server,
    async listen(at, socketGroup) {
      if ("path" in at) await listenOnFile(server, { path: at.path, for: "owner", alsoGroup: socketGroup });
      else await listenOnPort(server, at);
      // For instance, no descriptor is left for a connection: the others carry on.
      server.on("error", (error) => log.event("error", "cannot accept a connection", { error: String(error) }));
      const address = server.address();
      return address === null || typeof address === "string" ? at : { host: address.address, port: address.port };
    },
    reload() {
      if (tls === undefined) return;
      const fresh = readTls(tls);
      secured?.setSecureContext(fresh);
      context = fresh;
      certificate = new X509Certificate(fresh.cert);
    },
    certificate: () => certificate,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const timer = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, CLOSE_WITHIN_MS);
      await closed;
      clearTimeout(timer);
    },
  };
}

function listenOnPort(server: Server, at: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(at, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function readTls({ cert, key }: TlsFiles) {
  const context = { cert: readFileSync(cert), key: readFileSync(key), minVersion: "TLSv1.2" as const };
  // Bad files fail here rather than at the first connection.
  createSecureContext(context);
  return context;
}
