import { join } from "node:path";
import type { Audit } from "../host/audit.ts";
import type { CertificateExpiry } from "../host/certificate-expiry.ts";
import type { Config } from "../host/config.ts";
import type { Part } from "../host/lifecycle.ts";
import { listening } from "../host/listen-error.ts";
import type { Log } from "../host/log.ts";
import type { Metrics } from "../host/metrics.ts";
import { NamedNodes } from "../host/named-nodes.ts";
import { watchFiles } from "../host/watch-files.ts";
import { CERTIFICATE_FILES, loadCertificates, type RelayTls } from "../ingest/admission/certificate-folder.ts";
import type { ClockDifferences } from "../ingest/figures/clock-differences.ts";
import { type RelpServer, startRelpServer } from "../ingest/relp-server.ts";
import type { Store } from "../store/store.ts";
import type { RelayState } from "../web/ports.ts";

/** Relays come back within this time after a start. */
const REPORT_UNSEEN_AFTER_MS = 600_000;

interface RelayPartOptions {
  readonly config: Config;
  readonly store: Store;
  readonly log: Log;
  readonly audit: Audit;
  readonly metrics: Metrics;
  readonly expiry: CertificateExpiry;
  readonly clocks: ClockDifferences;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
}

/** The relays' listener and its certificates, reread on SIGHUP and whenever one of the files changes. */
export class RelayPart implements Part {
  readonly name = "relays";
  readonly #options: RelayPartOptions;
  #server: RelpServer | undefined;
  #tls: RelayTls | undefined;
  #stopWatching: (() => void) | undefined;
  #naming: NodeJS.Timeout | undefined;
  #reading: Promise<void> = Promise.resolve();

  constructor(options: RelayPartOptions) {
    this.#options = options;
  }

  /** Why no relay is admitted, if none is. */
  get failure(): string | undefined {
    return this.#server?.failure;
  }

  /** State of a node's relay, as reported since the start. */
  of(node: string): RelayState | undefined {
    const known = this.#server?.relay(node);
    if (known === undefined) return undefined;
    const { clocks, wallMs } = this.#options;
    const { heardBeforeMs, ...rest } = known;
    return { ...rest, seenAtMs: wallMs() - heardBeforeMs, behindMs: clocks.of(node), delayMs: clocks.delayOf(node) };
  }

  names(): Iterable<string> {
    return this.#server?.nodes() ?? [];
  }

  async start(): Promise<void> {
    const { config, store, log, audit, metrics, expiry, clocks, nowMs, wallMs } = this.#options;
    const { limits, pki } = config;
    const named = new NamedNodes(config.nodes.keys(), log);
    if (config.insecure) {
      log.event("warning", "relays are not authenticated (--insecure): any local user can pose as any other");
    }
    if (pki !== undefined) this.#tls = await loadCertificates(pki);
    if (this.#tls !== undefined && this.#tls.crl === undefined) {
      log.event("notice", "no ca.crl: no certificate is revoked", {
        pki,
        next: "copy it from where the authority is",
      });
    }
    const starting = startRelpServer({
      ...config.relp,
      store,
      log,
      audit,
      metrics,
      tls: this.#tls,
      expiry,
      clocks,
      onNode: (node) => named.connected(node),
      limits: {
        connections: limits.relpConnections,
        connectionsPerNode: limits.relpConnectionsPerNode,
        handshakes: limits.relpHandshakes,
        handshakeMs: limits.handshakeTimeoutMs,
        openMs: limits.openTimeoutMs,
        frameMs: limits.halfFrameTimeoutMs,
      },
      nowMs,
      wallMs,
    });
    this.#server = await listening(starting, { key: "relp", at: config.relp });
    log.event("info", "listening for relays", { host: config.relp.host, port: this.#server.port });
    if (pki === undefined) return;
    this.#naming = setTimeout(() => named.reportUnseen(), REPORT_UNSEEN_AFTER_MS);
    const files = CERTIFICATE_FILES.map((name) => join(pki, name));
    this.#stopWatching = watchFiles(files, () => {
      this.reload().catch((error) => {
        log.event("error", "certificates not read again: the earlier ones stay in use", { error: String(error) });
      });
    });
  }

  /** Reloads run one after another, so the certificates read last are in use. */
  reload(): Promise<void> {
    this.#reading = this.#reading.catch(() => {}).then(() => this.#readAgain());
    return this.#reading.catch((error) => {
      this.#options.audit.record({ event: "certificates", outcome: "failed", reason: String(error) });
      throw error;
    });
  }

  async stop(): Promise<void> {
    this.#stopWatching?.();
    clearTimeout(this.#naming);
    await this.#server?.stop();
  }

  async #readAgain(): Promise<void> {
    const { config, log, audit } = this.#options;
    if (config.pki === undefined) return;
    const tls = await loadCertificates(config.pki);
    // Without the list, revoked nodes would be admitted again.
    if (tls.crl === undefined && this.#tls?.crl !== undefined) throw new Error("Cannot read ca.crl: it is gone");
    if (tls.revoked === undefined) {
      const what = "every relay must reconnect: openssl cannot read the list of revoked certificates";
      log.event("warning", what, { pki: config.pki });
    }
    this.#server?.reload(tls);
    const { serialNumber: serial } = tls.own;
    const before = this.#tls?.revoked;
    const added = tls.revoked === undefined ? [] : [...tls.revoked].filter((each) => before?.has(each) === false);
    this.#tls = tls;
    const event = { event: "certificates", outcome: "ok" } as const;
    audit.record({ ...event, serial, authority: tls.authority.serialNumber, revoked: tls.revoked?.size, added });
    log.event("info", "certificates read again", { serial: tls.own.serialNumber, revoked: tls.revoked?.size });
  }
}
