import type { Socket } from "node:net";
import { addressGroup } from "../../host/address-group.ts";
import type { Audit } from "../../host/audit.ts";
import type { CertificateExpiry } from "../../host/certificate-expiry.ts";
import { FairPlaces } from "../../host/fair-places.ts";
import type { Log } from "../../host/log.ts";
import { LogThrottle } from "../../host/log-throttle.ts";
import { LoopTurns } from "../../host/loop-turns.ts";
import type { RelayTls } from "../admission/certificate-folder.ts";
import { type Peer, RENEW_NODE } from "../admission/relay-admission.ts";
import { COMPARE_AUTHORITIES } from "../compare-authorities.ts";
import { BufferPool } from "../frames/chunk-builder.ts";
import type { IngestMetrics } from "../ingest-metrics.ts";
import type { LineStore } from "../line-store.ts";
import { RelayConnection } from "./relay-connection.ts";
import type { SessionTimesOptions } from "./session-times.ts";
import { QuietRelays } from "./turn-allowance.ts";

/** Pooled buffers of 4 KiB, for all connections together. */
const POOLED_BUFFERS = 4_096;
/** Time per turn for all sessions. An iteration of the loop may hold two; others must wait less than 50 ms. */
const MAX_TURN_MS = 10;
const UNOPENED = "relay left before it opened a session: it may not trust this collector's certificate";

interface RelaySessionsOptions<Slot> extends SessionTimesOptions {
  readonly store: LineStore<Slot>;
  readonly log: Log;
  readonly audit: Audit;
  readonly metrics: IngestMetrics;
  readonly expiry: CertificateExpiry;
  readonly limits: {
    readonly connections: number;
    /** Sessions of one node, or of one address group on plain connections, which prove no node. */
    readonly connectionsPerNode: number;
  };
}

interface Session<Slot> {
  readonly connection: RelayConnection<Slot>;
  /** Undefined on a plain connection. */
  readonly peer: Peer | undefined;
}

/** The sessions of all admitted relays, within the listener's places. */
export class RelaySessions<Slot> {
  readonly #options: RelaySessionsOptions<Slot>;
  readonly #pool = new BufferPool(POOLED_BUFFERS);
  readonly #quiet = new QuietRelays();
  readonly #turns = new LoopTurns({ maxTurnMs: MAX_TURN_MS });
  /** In order of age, newest last. */
  readonly #sessions = new Map<Socket, Session<Slot>>();
  readonly #places: FairPlaces<Socket>;
  readonly #throttle: LogThrottle;

  constructor(options: RelaySessionsOptions<Slot>) {
    this.#options = options;
    this.#throttle = new LogThrottle(options.nowMs);
    this.#places = new FairPlaces({
      places: options.limits.connections,
      placesPerHolder: options.limits.connectionsPerNode,
      isIdle: (socket) => this.#isIdle(socket),
    });
  }

  get size(): number {
    return this.#sessions.size;
  }

  *peers(): Generator<Peer> {
    for (const { peer } of this.#sessions.values()) if (peer !== undefined) yield peer;
  }

  /** Begins a session, which owns the socket from then on. @param peer Undefined on a plain connection. */
  begin(socket: Socket, peer: Peer | undefined): void {
    const { log, expiry } = this.#options;
    const { node, serial } = peer ?? { node: undefined, serial: undefined };
    const address = socket.remoteAddress;
    const holder = node ?? addressGroup(String(address));
    if (!this.#hasPlace(socket, { holder, node, address })) {
      socket.destroy();
      return;
    }
    const connection = new RelayConnection({
      ...this.#options,
      socket,
      node,
      pool: this.#pool,
      quiet: this.#quiet,
      turns: this.#turns,
    });
    this.#sessions.set(socket, { connection, peer });
    log.event("info", "relay connected", { node, address, serial });
    if (peer !== undefined) expiry.warn({ kind: "relay", ...peer });
    socket.on("error", (error) => {
      log.event("notice", "relay connection failed", { node, address, error: error.message });
    });
    socket.on("close", () => {
      this.#sessions.delete(socket);
      this.#places.leave(holder, socket);
      // OpenSSL's relays check our certificate only after the handshake, so it looks complete from here.
      if (connection.hasOpened || !this.#throttle.isDue(`unopened ${holder}`))
        log.event("info", "relay disconnected", { node, address });
      else log.event("warning", UNOPENED, { node, address, next: COMPARE_AUTHORITIES });
    });
  }

  /** A plain connection is never displaced: nothing proves its node. */
  #isIdle(socket: Socket): boolean {
    const session = this.#sessions.get(socket);
    return session?.peer !== undefined && session.connection.isIdle;
  }

  /** Takes a place for the session, displacing another session if necessary. */
  #hasPlace(socket: Socket, who: { holder: string; node: string | undefined; address: string | undefined }): boolean {
    const { log, audit, metrics, limits } = this.#options;
    const { holder, node, address } = who;
    const { isIn, displaced } = this.#places.enter(holder, socket);
    if (displaced !== undefined) this.#sessions.get(displaced)?.connection.cutOff("displaced");
    if (isIn) return true;
    const reason = this.#places.taken < limits.connections ? "too-many-of-node" : "too-many";
    metrics.refusedSessions(reason).inc();
    audit.record({ event: "relay-session", outcome: "refused", reason, node, address });
    if (this.#throttle.isDue(`${reason} ${holder}`)) {
      const limit = reason === "too-many" ? limits.connections : limits.connectionsPerNode;
      log.event("warning", "relay refused: busy sessions have all the places", { node, address, reason, limit });
    }
    return false;
  }

  /** Ends sessions that take too long. Called about once a second. */
  checkTimes(): void {
    const newest = new Map<string, RelayConnection<Slot>>();
    for (const { connection } of this.#sessions.values()) newest.set(connection.node, connection);
    for (const { connection } of this.#sessions.values()) {
      connection.checkTime({ isSuperseded: newest.get(connection.node) !== connection });
    }
  }

  /**
   * Without a readable list of revoked certificates, every relay must reconnect: OpenSSL then checks it at the gate.
   */
  cutOffRevoked({ revoked }: RelayTls): void {
    const { audit } = this.#options;
    const [reason, next] = revoked === undefined ? ["recheck"] : ["revoked", RENEW_NODE];
    for (const [{ remoteAddress: address }, { connection, peer }] of this.#sessions) {
      if (peer === undefined || revoked?.has(peer.serial) === false) continue;
      const { node, serial } = peer;
      connection.cutOff(reason, { serial, next });
      audit.record({ event: "relay-session", outcome: "ended", reason, node, serial, address });
    }
  }

  /** Stores what has arrived and asks the relays to close. */
  stop(): void {
    for (const { connection } of this.#sessions.values()) connection.stop();
  }

  destroy(): void {
    for (const socket of this.#sessions.keys()) socket.destroy();
  }
}
