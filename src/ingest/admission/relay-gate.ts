import { constants } from "node:crypto";
import type { Socket } from "node:net";
import { createServer, type SecureContextOptions, type TLSSocket } from "node:tls";
import { addressGroup } from "../../host/address-group.ts";
import type { Audit } from "../../host/audit.ts";
import { FairPlaces } from "../../host/fair-places.ts";
import type { Log, LogFields, Severity } from "../../host/log.ts";
import { LogThrottle } from "../../host/log-throttle.ts";
import type { IngestMetrics } from "../ingest-metrics.ts";
import type { RelayTls } from "./certificate-folder.ts";
import { admit, type Peer } from "./relay-admission.ts";

export interface RelayGateOptions {
  readonly tls: RelayTls;
  readonly handshakeMs: number;
  /** How many may be on their way in at one time. */
  readonly handshakes: number;
  readonly log: Log;
  readonly audit: Audit;
  readonly metrics: IngestMetrics;
  readonly nowMs: () => number;
  /** The time of day, by which certificates are valid. */
  readonly wallMs: () => number;
  /** A relay that proved who it is; from here on the socket is the callee's. */
  readonly accept: (socket: TLSSocket, peer: Peer) => void;
}

interface Refused {
  /** For the counter. */
  readonly reason: string;
  readonly severity?: Severity;
  /** For the log. */
  readonly what: string;
  readonly fields: LogFields;
  /** For the audit: who came, as the certificate says. */
  readonly address: string | undefined;
  readonly node?: string | undefined;
  readonly serial?: string | undefined;
}

interface Handshake {
  readonly socket: Socket;
  /** Who it counts for. */
  readonly group: string;
  reason: "tls" | "displaced";
  /** What went wrong in it. */
  error: string;
}

/** Of all places for handshakes one address may have this part. */
const PART_PER_ADDRESS = 0.25;

const NO_SESSION = "compare ca.crt there and here, and the host name that it connects to; see its own log";

/** Mutual TLS before a relay's session: who comes in has a valid certificate of the collector's authority. */
export class RelayGate {
  readonly #options: RelayGateOptions;
  readonly #server: ReturnType<typeof createServer>;
  readonly #throttle: LogThrottle;
  /** Who is in the handshake: Node forgets whose it was before it tells. As many as there are places. */
  readonly #handshakes = new Map<string, Handshake>();
  readonly #places: FairPlaces<Handshake>;
  #tls: RelayTls;

  constructor(options: RelayGateOptions) {
    this.#options = options;
    this.#tls = options.tls;
    this.#places = new FairPlaces({
      places: options.handshakes,
      placesPerHolder: Math.ceil(options.handshakes * PART_PER_ADDRESS),
      // A handshake takes milliseconds: the oldest of an address that has too many is most likely none.
      isIdle: () => true,
    });
    this.#throttle = new LogThrottle(options.nowMs);
    // Unauthorized peers finish the handshake, or nobody would learn whose certificate it was. They get no further.
    const peers = { requestCert: true, rejectUnauthorized: false, handshakeTimeout: options.handshakeMs };
    this.#server = createServer({ ...secureContext(options.tls), ...peers }, (socket) => this.#admit(socket));
    this.#server.on("tlsClientError", (error, socket) => {
      const handshake = this.#handshakes.get(peerOf(socket));
      if (handshake !== undefined) handshake.error = "code" in error ? String(error.code) : error.message;
    });
  }

  get tls(): RelayTls {
    return this.#tls;
  }

  /** How many are on their way in. */
  get handshakes(): number {
    return this.#handshakes.size;
  }

  /** Why nobody is let in at all, if so. */
  get failure(): string | undefined {
    const wallMs = this.#options.wallMs();
    const { own, authority } = this.#tls;
    for (const [name, certificate] of [["collector.crt", own] as const, ["ca.crt", authority] as const]) {
      if (wallMs > Date.parse(certificate.validTo)) return `${name} has expired`;
      if (wallMs < Date.parse(certificate.validFrom)) return `${name} is not valid yet: is this machine's clock right?`;
    }
    return undefined;
  }

  /**
   * Takes a new connection. An omrelp that once saw a certificate out of date never connects again until its rsyslogd
   * is restarted, so it is not shown any: the relay believes that nobody is there, and tries again.
   */
  take(socket: Socket): void {
    const { failure } = this;
    if (failure !== undefined) {
      const fields = { because: failure };
      const { remoteAddress: address } = socket;
      this.#refuse({ reason: "own-certificate", severity: "error", what: "no relay is let in", fields, address });
      socket.destroy();
      return;
    }
    const peer = peerOf(socket);
    const address = socket.remoteAddress;
    const group = addressGroup(String(address));
    const handshake: Handshake = { socket, group, reason: "tls", error: "closed by the relay" };
    const { isIn, displaced } = this.#places.enter(group, handshake);
    if (displaced !== undefined) this.#displace(displaced);
    if (!isIn) {
      const fields = { limit: this.#options.handshakes, next: "relp-handshakes in [limits] allows more" };
      this.#refuse({ reason: "too-many", what: "relay refused: too many are in their handshake", fields, address });
      socket.destroy();
      return;
    }
    this.#handshakes.set(peer, handshake);
    socket.once("close", () => {
      this.#places.leave(group, handshake);
      if (!this.#handshakes.delete(peer)) return;
      const { reason, error } = handshake;
      const what = "no TLS session: the relay does not trust this collector's certificate, or is none";
      this.#refuse({ reason, what, fields: { address, error, next: NO_SESSION }, address });
    });
    this.#server.emit("connection", socket);
  }

  /** Throws when they cannot be used; the earlier ones stay then. */
  reload(tls: RelayTls): void {
    this.#server.setSecureContext(secureContext(tls));
    this.#tls = tls;
  }

  /** Nobody comes in any more, also of those who are in the handshake: their relays try again. */
  stop(): void {
    const handshakes = [...this.#handshakes.values()];
    this.#handshakes.clear();
    for (const { socket } of handshakes) socket.destroy();
  }

  #displace(handshake: Handshake): void {
    handshake.reason = "displaced";
    handshake.error = "it took too long while others waited for its place";
    handshake.socket.destroy();
  }

  #admit(socket: TLSSocket): void {
    const peer = peerOf(socket);
    const handshake = this.#handshakes.get(peer);
    this.#handshakes.delete(peer);
    if (handshake !== undefined) this.#places.leave(handshake.group, handshake);
    const outcome = admit(socket, this.#tls.revoked);
    if (!("reason" in outcome)) {
      this.#places.confirm(addressGroup(String(socket.remoteAddress)));
      this.#options.accept(socket, outcome);
      return;
    }
    const { reason, because, node, serial, next } = outcome;
    const { remoteAddress: address } = socket;
    const fields = { node, serial, address, next };
    this.#refuse({ reason, what: `relay refused: its certificate ${because}`, fields, address, node, serial });
    socket.on("error", () => {});
    socket.destroySoon();
  }

  /** Counts every one, and tells of each peer once in a while. */
  #refuse({ reason, severity = "warning", what, fields, ...who }: Refused): void {
    const { log, audit, metrics } = this.#options;
    metrics.refusedSessions(reason).inc();
    audit.record({ event: "relay-session", outcome: "refused", reason, ...who });
    if (this.#throttle.isDue(JSON.stringify([what, fields]))) log.event(severity, what, fields);
  }
}

/** The same for a connection and for the TLS session on it. */
function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/** No tickets: with one a session goes on without any look at the peer's certificate, however old and revoked. */
function secureContext({ ca, cert, key, crl }: RelayTls): SecureContextOptions {
  const list = crl === undefined ? {} : { crl };
  return { ca, cert, key, ...list, minVersion: "TLSv1.2", secureOptions: constants.SSL_OP_NO_TICKET };
}
