import { createServer, type Socket } from "node:net";
import type { Audit } from "../host/audit.ts";
import type { CertificateExpiry, ExpiringCertificate } from "../host/certificate-expiry.ts";
import type { Log } from "../host/log.ts";
import type { Metrics } from "../host/metrics.ts";
import type { RelayTls } from "./certificate-folder.ts";
import { BufferPool } from "./chunk-builder.ts";
import { createIngestMetrics } from "./ingest-metrics.ts";
import type { LineStore } from "./line-store.ts";
import { type Peer, RENEW_NODE } from "./relay-admission.ts";
import { RelayConnection } from "./relay-connection.ts";
import { RelayGate } from "./relay-gate.ts";
import { SharedTurns } from "./turn-share.ts";

const CHECK_EVERY_MS = 1_000;
/** For a relay to read its last acknowledgements when the collector stops; one that hangs does not keep it. */
const GOODBYE_MS = 1_000;
/** Of 4 KiB each, for all connections together. */
const POOLED_BUFFERS = 4_096;

export interface RelpServerOptions<Slot> {
  readonly host: string;
  readonly port: number;
  readonly store: LineStore<Slot>;
  readonly log: Log;
  readonly audit: Audit;
  readonly metrics: Metrics;
  /** Undefined: plain RELP, for benchmarks and single-user trials on loopback. */
  readonly tls: RelayTls | undefined;
  /** Watches the certificates in use; asked for here every second or so. */
  readonly expiry: CertificateExpiry;
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
  /** Why no relay is let in, if so. */
  readonly failure: string | undefined;
  /**
   * New sessions use these certificates from now on, and sessions of revoked ones end. Throws when they cannot be used;
   * the earlier ones stay then.
   */
  reload(tls: RelayTls): void;
  /** Stores what has arrived, tells the relays to go and stops listening. */
  stop(): Promise<void>;
}

interface Session<Slot> {
  readonly connection: RelayConnection<Slot>;
  /** Undefined on a plain connection. */
  readonly peer: Peer | undefined;
}

/** Listens for relays: RELP over mutual TLS. The node's name is the certificate's, never the message's. */
export async function startRelpServer<Slot>(options: RelpServerOptions<Slot>): Promise<RelpServer> {
  const { log, audit, store, nowMs, limits } = options;
  const metrics = createIngestMetrics(options.metrics, nowMs);
  const pool = new BufferPool(POOLED_BUFFERS);
  const turns = new SharedTurns();
  const sessions = new Map<Socket, Session<Slot>>();
  const times = { openWithinMs: limits.openMs, frameWithinMs: limits.frameMs };
  const accept = (socket: Socket, peer?: Peer): void => {
    const address = socket.remoteAddress;
    const { node, serial } = peer ?? { node: undefined, serial: undefined };
    const connection = new RelayConnection({ socket, store, pool, log, metrics, turns, node, nowMs, ...times });
    sessions.set(socket, { connection, peer });
    log.event("info", "relay connected", { node, address, serial });
    if (peer !== undefined) expiry.warn({ kind: "relay", ...peer });
    socket.on("error", (error) =>
      log.event("notice", "relay connection failed", { node, address, error: error.message }),
    );
    socket.on("close", () => {
      sessions.delete(socket);
      log.event("info", "relay disconnected", { node, address });
    });
  };
  const { tls, expiry } = options;
  const gate =
    tls === undefined
      ? undefined
      : new RelayGate({ tls, handshakeMs: limits.handshakeMs, log, audit, metrics, nowMs, accept });
  const server = createServer((socket) => (gate === undefined ? accept(socket) : gate.take(socket)));
  server.maxConnections = limits.connections;
  server.on("drop", () => metrics.refusedSessions("too-many").inc());
  options.metrics.gauge("ml_relp_connections", "Relays connected", () => sessions.size);
  options.metrics.gauge("ml_relp_handshakes", "Connections in their TLS handshake", () => gate?.handshakes ?? 0);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: options.host, port: options.port }, resolve);
  });
  // After listening only accept(2) fails (EMFILE): those who are connected go on.
  server.on("error", (error) => log.event("error", "cannot accept a relay", { error: error.message }));
  if (gate !== undefined) expiry.watch(() => certificatesInUse(gate.tls, sessions.values()));
  const check = setInterval(() => {
    for (const { connection } of sessions.values()) connection.checkTime();
    expiry.check();
  }, CHECK_EVERY_MS);
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : options.port,
    get failure() {
      return gate?.failure;
    },
    reload: (fresh) => {
      gate?.reload(fresh);
      for (const [{ remoteAddress: address }, { connection, peer }] of sessions) {
        const reason = peer === undefined ? undefined : cutOffRevoked(connection, peer, fresh);
        if (reason === undefined) continue;
        const { node, serial } = peer ?? {};
        audit.record({ event: "relay-session", outcome: "ended", reason, node, serial, address });
      }
    },
    stop: () =>
      new Promise((resolve) => {
        clearInterval(check);
        const goodbye = setTimeout(() => {
          for (const socket of sessions.keys()) socket.destroy();
        }, GOODBYE_MS);
        server.close(() => {
          clearTimeout(goodbye);
          resolve();
        });
        gate?.stop();
        for (const { connection } of sessions.values()) connection.stop();
      }),
  };
}

/** Where it is not known who is revoked, everybody has to come again: at the gate OpenSSL knows. */
function cutOffRevoked<Slot>(
  connection: RelayConnection<Slot>,
  { serial }: Peer,
  { revoked }: RelayTls,
): "recheck" | "revoked" | undefined {
  if (revoked !== undefined && !revoked.has(serial)) return undefined;
  const reason = revoked === undefined ? "recheck" : "revoked";
  connection.cutOff(reason, revoked === undefined ? { serial } : { serial, next: RENEW_NODE });
  return reason;
}

function* certificatesInUse(
  { own, authority }: RelayTls,
  sessions: Iterable<{ readonly peer: Peer | undefined }>,
): Generator<ExpiringCertificate> {
  yield { kind: "collector", serial: own.serialNumber, validToMs: Date.parse(own.validTo) };
  yield { kind: "ca", serial: authority.serialNumber, validToMs: Date.parse(authority.validTo) };
  for (const { peer } of sessions) if (peer !== undefined) yield { kind: "relay", ...peer };
}
