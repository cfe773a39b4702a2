import type { Socket } from "node:net";
import type { Audit } from "../../host/audit.ts";
import type { CertificateExpiry } from "../../host/certificate-expiry.ts";
import type { Log } from "../../host/log.ts";
import type { RelayTls } from "../admission/certificate-folder.ts";
import { type Peer, RENEW_NODE } from "../admission/relay-admission.ts";
import { BufferPool } from "../frames/chunk-builder.ts";
import type { IngestMetrics } from "../ingest-metrics.ts";
import type { LineStore } from "../line-store.ts";
import { RelayConnection } from "./relay-connection.ts";
import type { SessionTimesOptions } from "./session-times.ts";
import { SharedTurns } from "./turn-share.ts";

/** Of 4 KiB each, for all connections together. */
const POOLED_BUFFERS = 4_096;

export interface RelaySessionsOptions<Slot> extends SessionTimesOptions {
  readonly store: LineStore<Slot>;
  readonly log: Log;
  readonly audit: Audit;
  readonly metrics: IngestMetrics;
  readonly expiry: CertificateExpiry;
}

interface Session<Slot> {
  readonly connection: RelayConnection<Slot>;
  /** Undefined on a plain connection. */
  readonly peer: Peer | undefined;
}

/** The sessions of all relays that were let in, no more than the listener lets in. */
export class RelaySessions<Slot> {
  readonly #options: RelaySessionsOptions<Slot>;
  readonly #pool = new BufferPool(POOLED_BUFFERS);
  readonly #turns = new SharedTurns();
  /** The newest one last. */
  readonly #sessions = new Map<Socket, Session<Slot>>();

  constructor(options: RelaySessionsOptions<Slot>) {
    this.#options = options;
  }

  get size(): number {
    return this.#sessions.size;
  }

  *peers(): Generator<Peer> {
    for (const { peer } of this.#sessions.values()) if (peer !== undefined) yield peer;
  }

  /** Begins a session; from here on the socket is its own. @param peer Undefined on a plain connection. */
  begin(socket: Socket, peer: Peer | undefined): void {
    const { log, expiry } = this.#options;
    const { node, serial } = peer ?? { node: undefined, serial: undefined };
    const address = socket.remoteAddress;
    const connection = new RelayConnection({
      ...this.#options,
      socket,
      node,
      pool: this.#pool,
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
      log.event("info", "relay disconnected", { node, address });
    });
  }

  /** Cuts off those that take too long. Called every second or so. */
  checkTimes(): void {
    const newest = new Map<string, RelayConnection<Slot>>();
    for (const { connection } of this.#sessions.values()) newest.set(connection.node, connection);
    for (const { connection } of this.#sessions.values()) {
      connection.checkTime({ isSuperseded: newest.get(connection.node) !== connection });
    }
  }

  /** Where it is not known who is revoked, everybody has to come again: at the gate OpenSSL knows. */
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

  /** Stores what has arrived and tells the relays to go. */
  stop(): void {
    for (const { connection } of this.#sessions.values()) connection.stop();
  }

  destroy(): void {
    for (const socket of this.#sessions.keys()) socket.destroy();
  }
}
