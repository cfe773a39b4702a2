import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type PeerCertificate, TLSSocket, type Server as TlsServer } from "node:tls";
import type { Log } from "../host/log.ts";
import type { Metrics } from "../host/metrics.ts";
import { BufferPool } from "./chunk-builder.ts";
import { createIngestMetrics } from "./ingest-metrics.ts";
import type { LineStore } from "./line-store.ts";
import { isNodeName, RelayConnection } from "./relay-connection.ts";

const CHECK_EVERY_MS = 1_000;
/** Of 4 KiB each, for all connections together. */
const POOLED_BUFFERS = 4_096;

/** PEM texts: the collector's own certificate and key, and the authority that signs relays. */
export interface RelayTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface RelpServerOptions<Slot> {
  readonly host: string;
  readonly port: number;
  readonly store: LineStore<Slot>;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Undefined: plain RELP, for benchmarks and single-user trials on loopback. */
  readonly tls: RelayTls | undefined;
  readonly limits: {
    readonly connections: number;
    readonly handshakeMs: number;
    readonly openMs: number;
    readonly frameMs: number;
  };
  readonly nowMs: () => number;
}

export interface RelpServer {
  /** The port that is listened on. */
  readonly port: number;
  /** New sessions use these certificates from now on. */
  reload(tls: RelayTls): void;
  /** Stores what has arrived, tells the relays to go and stops listening. */
  stop(): Promise<void>;
}

/** Listens for relays: RELP over mutual TLS. The node's name is the certificate's, never the message's. */
export async function startRelpServer<Slot>(options: RelpServerOptions<Slot>): Promise<RelpServer> {
  const { log, tls, limits } = options;
  const metrics = createIngestMetrics(options.metrics);
  const pool = new BufferPool(POOLED_BUFFERS);
  const connections = new Map<Socket, RelayConnection<Slot>>();
  const accept = (socket: Socket): void => {
    const node = socket instanceof TLSSocket ? nodeOf(socket.getPeerCertificate()) : undefined;
    const address = socket.remoteAddress;
    if (tls !== undefined && node === undefined) {
      metrics.refusedSessions("certificate-name").inc();
      log.event("warning", "relay refused: its certificate has no usable host name", { address });
      socket.destroy();
      return;
    }
    const { store, nowMs } = options;
    const times = { openWithinMs: limits.openMs, frameWithinMs: limits.frameMs };
    connections.set(socket, new RelayConnection({ socket, store, pool, log, metrics, node, nowMs, ...times }));
    log.event("info", "relay connected", { node, address });
    socket.on("error", (error) =>
      log.event("notice", "relay connection failed", { node, address, error: error.message }),
    );
    socket.on("close", () => {
      connections.delete(socket);
      log.event("info", "relay disconnected", { node, address });
    });
  };
  const server: Server =
    tls === undefined ? createServer(accept) : createRelayTlsServer(tls, { accept, handshakeMs: limits.handshakeMs });
  server.on("tlsClientError", (error: Error, socket: Socket) => {
    metrics.refusedSessions("tls").inc();
    log.event("warning", "relay refused in the TLS handshake", { address: socket.remoteAddress, error: error.message });
  });
  server.maxConnections = limits.connections;
  server.on("drop", () => metrics.refusedSessions("too-many").inc());
  options.metrics.gauge("ml_relp_connections", "Relays connected", () => connections.size);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: options.host, port: options.port }, resolve);
  });
  // After listening only accept(2) fails (EMFILE): those who are connected go on.
  server.on("error", (error) => log.event("error", "cannot accept a relay", { error: error.message }));
  const check = setInterval(() => {
    for (const connection of connections.values()) connection.checkTime();
  }, CHECK_EVERY_MS);
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : options.port,
    reload: (fresh) => {
      if (tls !== undefined) (server as TlsServer).setSecureContext(secureContext(fresh));
    },
    stop: () =>
      new Promise((resolve) => {
        clearInterval(check);
        server.close(() => resolve());
        for (const connection of connections.values()) connection.stop();
      }),
  };
}

function secureContext(tls: RelayTls): { ca: string; cert: string; key: string; minVersion: "TLSv1.2" } {
  return { ca: tls.ca, cert: tls.cert, key: tls.key, minVersion: "TLSv1.2" };
}

function createRelayTlsServer(
  tls: RelayTls,
  { accept, handshakeMs }: { accept: (socket: Socket) => void; handshakeMs: number },
): TlsServer {
  const peers = { requestCert: true, rejectUnauthorized: true, handshakeTimeout: handshakeMs };
  return createTlsServer({ ...secureContext(tls), ...peers }, accept);
}

/** First DNS name of a certificate, else its CN; undefined when that is not a host name. */
export function nodeOf(certificate: PeerCertificate): string | undefined {
  const dns = (certificate.subjectaltname ?? "").split(", ").find((name) => name.startsWith("DNS:"));
  const name = dns === undefined ? certificate.subject?.CN : dns.slice("DNS:".length);
  return typeof name === "string" && isNodeName(name) ? name : undefined;
}
