import type { Audit } from "./audit.ts";
import type { Log } from "./log.ts";
import { LogThrottle } from "./log-throttle.ts";
import type { Metrics } from "./metrics.ts";

const DAY_MS = 86_400_000;
const WARN_BEFORE_MS = 30 * DAY_MS;

const NEXT = {
  ca: "make a new authority in another folder with `mlctl pki init`, and certificates of it for every node",
  collector: "`mlctl pki renew collector --dir DIR`; the collector notices by itself",
  web: "replace the files of web-cert and web-key, then `systemctl reload mlcollector`",
  relay: "`mlctl pki renew NODE --dir DIR`, then copy NODE.crt and NODE.key to the node",
} as const;

export interface ExpiringCertificate {
  readonly kind: keyof typeof NEXT;
  readonly node?: string;
  readonly serial: string;
  readonly validToMs: number;
}

interface CertificateExpiryOptions {
  readonly log: Log;
  readonly audit: Audit;
  readonly metrics: Metrics;
  /** Steady: measures the time since the last warning. */
  readonly nowMs: () => number;
  /** The time of day, to check certificates against. */
  readonly wallMs: () => number;
}

/** Shows how long certificates remain valid, and warns 30 days before they expire. */
export class CertificateExpiry {
  readonly #options: CertificateExpiryOptions;
  readonly #sources: (() => Iterable<ExpiringCertificate>)[] = [];
  readonly #throttle: LogThrottle;
  #warnAgainAtMs: number;

  constructor(options: CertificateExpiryOptions) {
    this.#options = options;
    this.#throttle = new LogThrottle(options.nowMs);
    this.#warnAgainAtMs = options.nowMs() + DAY_MS;
    options.metrics.gauges(
      "ml_certificate_expiry_seconds",
      "Seconds until a certificate expires, negative when it has; of the connected relays', the one that expires first",
      { label: "certificate", read: () => this.#secondsLeft() },
    );
  }

  /**
   * Adds certificates to watch.
   *
   * @param inUse those in use now: the collector's, its authority's, those of connected relays.
   */
  watch(inUse: () => Iterable<ExpiringCertificate>): void {
    this.#sources.push(inUse);
    for (const certificate of inUse()) this.warn(certificate);
  }

  /** Warns of every expiring certificate in use, once a day. Called about once a second. */
  check(): void {
    const nowMs = this.#options.nowMs();
    if (nowMs < this.#warnAgainAtMs) return;
    this.#warnAgainAtMs = nowMs + DAY_MS;
    for (const certificate of this.#inUse()) this.warn(certificate);
  }

  /** Warns if fewer than 30 days are left, at intervals: a relay that reconnects often does not fill the log. */
  warn({ kind, node, serial, validToMs }: ExpiringCertificate): void {
    const leftMs = validToMs - this.#options.wallMs();
    if (leftMs > WARN_BEFORE_MS) return;
    const certificate = node ?? kind;
    const until = new Date(validToMs).toISOString();
    const fields = { certificate, serial, until, days: Math.floor(leftMs / DAY_MS), next: NEXT[kind] };
    const reason = leftMs > 0 ? "expires-soon" : "expired";
    if (!this.#throttle.isDue(`${kind} ${serial} ${reason}`)) return;
    this.#options.audit.record({ event: "certificate-expiry", outcome: "failed", reason, certificate, serial, until });
    if (leftMs > 0) this.#options.log.event("warning", "a certificate expires soon", fields);
    else this.#options.log.event("error", "a certificate has expired", fields);
  }

  *#inUse(): Generator<ExpiringCertificate> {
    for (const inUse of this.#sources) yield* inUse();
  }

  #secondsLeft(): Map<string, number> {
    const soonest = new Map<string, number>();
    for (const { kind, validToMs } of this.#inUse()) {
      const seconds = Math.round((validToMs - this.#options.wallMs()) / 1_000);
      soonest.set(kind, Math.min(seconds, soonest.get(kind) ?? Number.POSITIVE_INFINITY));
    }
    return soonest;
  }
}
