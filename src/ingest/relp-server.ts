import { createServer, type Server, type Socket } from "node:net";
import type { Audit } from "../host/audit.ts";
import type { CertificateExpiry, ExpiringCertificate } from "../host/certificate-expiry.ts";
import type { Log } from "../host/log.ts";
import type { Metrics } from "../host/metrics.ts";
import type { RelayTls } from "./admission/certificate-folder.ts";
import type { Peer } from "./admission/relay-admission.ts";
import { TlsAdmission } from "./admission/tls-admission.ts";
import type { RelayView } from "./figures/relay-view.ts";
import { relayView } from "./figures/relay-view.ts";
import { createIngestMetrics, type IngestMetrics } from "./ingest-metrics.ts";
import type { LineStore } from "./line-store.ts";
import { RelaySessions } from "./session/relay-sessions.ts";

const CHECK_EVERY_MS = 1_000;
/** Time for relays to read their last acknowledgements when the collector stops. */
const GOODBYE_MS = 1_000;
/** Connections that have lost their place and are still closing. */
const CLOSING_CONNECTIONS = 512;
/**
 * A node that lost power does not close its connection. If its kernel does not answer, the connection is dropped after
 * 70 s: Node sends ten more probes, a second apart.
 */
const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelay: 60_000 };

interface RelpServerOptions<Slot> {
  readonly host: string;
  readonly port: number;
  readonly store: LineStore<Slot>;
  readonly log: Log;
  readonly audit: Audit;
  readonly metrics: Metrics;
  /** Measures how far nodes' clocks are away, from their relays' reports. */
  readonly clocks: IngestMetrics["clocks"];
  /** Called when a relay has proved its node. */
  readonly onNode?: (node: string) => void;
  /** Undefined: plain RELP, for benchmarks and single-user trials on loopback. */
  readonly tls: RelayTls | undefined;
  /** Watches the certificates in use, checked here about once a second. */
  readonly expiry: CertificateExpiry;
  readonly limits: {
    readonly connections: number;
    readonly connectionsPerNode: number;
    /** Connections that have not yet proved their node. */
    readonly handshakes: number;
    readonly handshakeMs: number;
    readonly openMs: number;
    readonly frameMs: number;
  };
  /** Steady: measures elapsed time. */
  readonly nowMs: () => number;
  /** The time of day, to check certificates against. */
  readonly wallMs: () => number;
}

export interface RelpServer {
  /** The listening port. */
  readonly port: number;
  /** Why no relay is admitted, if none is. */
  readonly failure: string | undefined;
  /** What is known of a node's relay since the start. */
  relay(node: string): RelayView | undefined;
  /** Nodes heard since the start. */
  nodes(): Iterable<string>;
  /**
   * Uses these certificates for new sessions, and ends sessions whose certificate is revoked. Throws if they cannot be
   * used; then the earlier ones remain.
   */
  reload(tls: RelayTls): void;
  /** Stores what has arrived, asks the relays to close and stops listening. */
  stop(): Promise<void>;
}

/** Listens for relays: RELP over mutual TLS. The node's name is the certificate's, never the message's. */
export async function startRelpServer<Slot>(options: RelpServerOptions<Slot>): Promise<RelpServer> {
  const { log, tls, expiry, limits } = options;
  const metrics = createIngestMetrics(options);
  const times = { openWithinMs: limits.openMs, frameWithinMs: limits.frameMs };
  const { connections, connectionsPerNode, handshakes } = limits;
  // Plain connections prove no node, and trials have one address.
  const perNode = tls === undefined ? connections : connectionsPerNode;
  const sessions = new RelaySessions({
    ...{ ...options, ...times, metrics },
    limits: { connections, connectionsPerNode: perNode },
  });
  const accept = (socket: Socket, peer?: Peer): void => {
    if (peer !== undefined) options.onNode?.(peer.node);
    sessions.begin(socket, peer);
  };
  const admission =
    tls === undefined
      ? undefined
      : new TlsAdmission({ ...options, tls, handshakeMs: limits.handshakeMs, handshakes, metrics, accept });
  const server = createServer(KEEP_ALIVE, (socket) =>
    admission === undefined ? accept(socket) : admission.take(socket),
  );
  server.maxConnections = connections + (tls === undefined ? 0 : handshakes) + CLOSING_CONNECTIONS;
  server.on("drop", () => metrics.refusedSessions("too-many").inc());
  options.metrics.gauge("ml_relp_connections", "Relays connected", () => sessions.size);
  options.metrics.gauge("ml_relp_handshakes", "Connections in their TLS handshake", () => admission?.handshakes ?? 0);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: options.host, port: options.port }, resolve);
  });
  // After listening only accept(2) fails (EMFILE): open connections carry on.
  server.on("error", (error) => log.event("error", "cannot accept a relay", { error: error.message }));
  if (admission !== undefined) expiry.watch(() => certificatesInUse(admission.tls, sessions.peers()));
  const check = setInterval(() => {
    sessions.checkTimes();
    expiry.check();
  }, CHECK_EVERY_MS);
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : options.port,
    get failure() {
      return admission?.failure;
    },
    relay: (node) => relayView(node, metrics),
    nodes: () => metrics.presence.names(),
    reload: (fresh) => {
      admission?.reload(fresh);
      sessions.cutOffRevoked(fresh);
    },
    stop: () => {
      clearInterval(check);
      admission?.stop();
      return close(server, sessions);
    },
  };
}

function close<Slot>(server: Server, sessions: RelaySessions<Slot>): Promise<void> {
  return new Promise((resolve) => {
    const goodbye = setTimeout(() => sessions.destroy(), GOODBYE_MS);
    server.close(() => {
      clearTimeout(goodbye);
      resolve();
    });
    sessions.stop();
  });
}

function* certificatesInUse({ own, authority }: RelayTls, peers: Iterable<Peer>): Generator<ExpiringCertificate> {
  yield { kind: "collector", serial: own.serialNumber, validToMs: Date.parse(own.validTo) };
  yield { kind: "ca", serial: authority.serialNumber, validToMs: Date.parse(authority.validTo) };
  for (const peer of peers) yield { kind: "relay", ...peer };
}
