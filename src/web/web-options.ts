import type { Audit } from "../host/audit.ts";
import type { ExpiringCertificate } from "../host/certificate-expiry.ts";
import type { Endpoint } from "../host/config-fields.ts";
import type { Log } from "../host/log.ts";
import type { Metrics } from "../host/metrics.ts";
import type { Keeping } from "./keeping-port.ts";
import type { CodeOwner } from "./login-codes.ts";
import type { Proxied } from "./own-site.ts";
import type { Peers } from "./peers-port.ts";
import type {
  Archive,
  Authenticator,
  Fleet,
  LiveSockets,
  LocalLogins,
  Relays,
  Search,
  Shares,
  Signer,
} from "./ports.ts";
import type { TlsFiles } from "./server.ts";

export interface WebOptions {
  readonly listen: Endpoint;
  /** Members of this group may connect to a unix socket. */
  readonly socketGroup?: string | undefined;
  readonly tls: TlsFiles | undefined;
  /** The proxies in front, if any. */
  readonly proxied: Proxied | undefined;
  /** Names that browsers use for us, besides those of loopback and the certificate. */
  readonly names?: readonly string[];
  /** How long browsers must use only https for this host; 0 leaves that to the host's owner. */
  readonly hstsSeconds?: number;
  /** Holds sessions.db and session-secret. Must exist. */
  readonly dataDir: string;
  readonly uiFolder: string;
  readonly archive: Archive;
  readonly search: Search;
  readonly keeping: Keeping;
  readonly shares: Shares;
  /** Undefined: this collector has no fleet. */
  readonly fleet?: Fleet | undefined;
  /** Undefined: no collector is joined. */
  readonly peers?: Peers | undefined;
  readonly localLogins: LocalLogins;
  readonly relays?: Relays | undefined;
  /** Undefined: orders come signed. */
  readonly signer?: Signer | undefined;
  readonly auth: Authenticator;
  readonly isAdmin: (owner: CodeOwner) => Promise<boolean>;
  /** The id under which a user's executions are filed; the name by default. */
  readonly ownerId?: (owner: CodeOwner) => string;
  readonly live: LiveSockets;
  /** Why the collector is unwell; empty if it is well. Names no user and no execution. */
  readonly health: () => readonly string[];
  readonly limits: WebLimits;
  readonly log: Log;
  readonly audit: Audit;
  readonly metrics: Metrics;
  /** Undefined: no /metrics on this port. */
  readonly metricsToken?: string | undefined;
  /** Steady: for throttles and delays of this process. */
  readonly nowMs?: () => number;
  /** Delays a refusal. */
  readonly waitMs?: (ms: number) => Promise<void>;
  /** The time of day: sessions outlive this process. */
  readonly wallMs?: () => number;
}

interface WebLimits {
  readonly webConnections: number;
  readonly webConnectionsPerAddress: number;
  readonly downloadsPerUser: number;
  readonly loginAttemptsPerAddress: number;
  readonly loginAttemptsPerUser: number;
  readonly sessionIdleHours: number;
  readonly sessionDays: number;
  readonly sessionsPerUser: number;
}

export interface Web {
  /** Returns its listening address. */
  start(): Promise<Endpoint>;
  /** Rereads the certificate. */
  reload(): void;
  /** The certificate that browsers see, if any. */
  certificates(): Iterable<ExpiringCertificate>;
  /** Closes WebSockets as well. */
  stop(): Promise<void>;
  /** A code that logs this user in once, at `URL/#code=CODE`. */
  createLoginCode(owner: CodeOwner, expiresAfterMs: number): string;
}
