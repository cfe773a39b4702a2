import { constants } from "node:crypto";
import type { Socket } from "node:net";
import { createServer, type SecureContextOptions, type TLSSocket } from "node:tls";
import { addressGroup } from "../../host/address-group.ts";
import type { Audit } from "../../host/audit.ts";
import { FairPlaces } from "../../host/fair-places.ts";
import type { Log, LogFields, Severity } from "../../host/log.ts";
import { LogThrottle } from "../../host/log-throttle.ts";
import { LoopTurns } from "../../host/loop-turns.ts";
import { COMPARE_AUTHORITIES } from "../compare-authorities.ts";
import type { IngestMetrics } from "../ingest-metrics.ts";
import type { RelayTls } from "./certificate-folder.ts";
import { admit, type Peer } from "./relay-admission.ts";

interface TlsAdmissionOptions {
  readonly tls: RelayTls;
  readonly handshakeMs: number;
  /** Most handshakes at a time. */
  readonly handshakes: number;
  readonly log: Log;
  readonly audit: Audit;
  readonly metrics: IngestMetrics;
  readonly nowMs: () => number;
  /** The time of day, to check certificates against. */
  readonly wallMs: () => number;
  /** Receives each admitted relay, and owns its socket from then on. */
  readonly accept: (socket: TLSSocket, peer: Peer) => void;
}

interface Refused {
  /** Label of the counter. */
  readonly reason: string;
  readonly severity?: Severity;
  /** Message in the log. */
  readonly what: string;
  readonly fields: LogFields;
  readonly address: string | undefined;
  /** The name in the certificate, for the audit. */
  readonly node?: string | undefined;
  readonly serial?: string | undefined;
}

interface Handshake {
  readonly socket: Socket;
  /** The address group that it counts against. */
  readonly group: string;
  reason: "tls" | "displaced";
  /** Why it failed, for the log. */
  error: string;
}

/** What a handshake costs the collector: a thousand nodes that connect at once begin theirs one after another. */
const HANDSHAKE_MS = 2;
/** Part of all places for handshakes that one address group may hold. */
const PART_PER_ADDRESS = 0.25;

/** Mutual TLS before a relay's session: admits only valid certificates from the collector's authority. */
export class TlsAdmission {
  readonly #options: TlsAdmissionOptions;
  readonly #server: ReturnType<typeof createServer>;
  readonly #throttle: LogThrottle;
  /** Connections in their handshake, bounded by the places. Node reports a failure without the address. */
  readonly #handshakes = new Map<string, Handshake>();
  readonly #places: FairPlaces<Handshake>;
  readonly #turns = new LoopTurns();
  #tls: RelayTls;

  constructor(options: TlsAdmissionOptions) {
    this.#options = options;
    this.#tls = options.tls;
    this.#places = new FairPlaces({
      places: options.handshakes,
      placesPerHolder: Math.ceil(options.handshakes * PART_PER_ADDRESS),
      // A handshake takes milliseconds: the oldest of an address with too many has most likely stalled.
      isIdle: () => true,
    });
    this.#throttle = new LogThrottle(options.nowMs);
    // Unauthorized peers may finish the handshake, so that the log can name their certificate. They get no further.
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

  /** Number of handshakes in progress. */
  get handshakes(): number {
    return this.#handshakes.size;
  }

  /** Why no relay is admitted; undefined while relays are. */
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
   * Takes a new connection. Once omrelp has seen an expired certificate it never connects again until its rsyslogd
   * restarts. So an expired one is never sent: the connection closes, and the relay tries again.
   */
  take(socket: Socket): void {
    const { failure } = this;
    if (failure !== undefined) {
      const fields = { because: failure };
      const { remoteAddress: address } = socket;
      this.#refuse({ reason: "own-certificate", severity: "error", what: "no relay is admitted", fields, address });
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
      const what = "no TLS session: the relay does not trust this collector's certificate, or is not a relay";
      this.#refuse({ reason, what, fields: { address, error, next: COMPARE_AUTHORITIES }, address });
    });
    this.#turns.soon(() => {
      // Otherwise the connection has lost its place, or has gone.
      if (!socket.destroyed) this.#server.emit("connection", socket);
    }, HANDSHAKE_MS);
  }

  /** Uses new certificates. Throws if they are unusable; then the earlier ones remain. */
  reload(tls: RelayTls): void {
    this.#server.setSecureContext(secureContext(tls));
    this.#tls = tls;
  }

  /** Admits no relay from now on and ends handshakes: those relays try again. */
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

  /** Counts every refusal, and logs each peer at intervals. */
  #refuse({ reason, severity = "warning", what, fields, ...who }: Refused): void {
    const { log, audit, metrics } = this.#options;
    metrics.refusedSessions(reason).inc();
    audit.record({ event: "relay-session", outcome: "refused", reason, ...who });
    if (this.#throttle.isDue(JSON.stringify([what, fields]))) log.event(severity, what, fields);
  }
}

/** Names a connection and the TLS session on it alike. */
function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/** No tickets: a resumed session skips the check of the peer's certificate, even if expired or revoked. */
function secureContext({ ca, cert, key, crl }: RelayTls): SecureContextOptions {
  const list = crl === undefined ? {} : { crl };
  return { ca, cert, key, ...list, minVersion: "TLSv1.2", secureOptions: constants.SSL_OP_NO_TICKET };
}
