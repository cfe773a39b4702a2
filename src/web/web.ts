import type { Audit } from "../host/audit.ts";
import type { ExpiringCertificate } from "../host/certificate-expiry.ts";
import type { Endpoint } from "../host/config-fields.ts";
import type { Log } from "../host/log.ts";
import type { Metrics } from "../host/metrics.ts";
import type { Viewer } from "../wire/viewer.ts";
import { AccountWatch } from "./account-watch.ts";
import { createRecordRead } from "./admin-reads.ts";
import { createApp } from "./app.ts";
import { createBoardApi } from "./board-api.ts";
import { ConnectionPlaces } from "./connection-places.ts";
import { createExecutionsApi } from "./executions-api.ts";
import { createFleetApi } from "./fleet-api.ts";
import { createGlancesApi } from "./glances-api.ts";
import { createKeepingApi } from "./keeping-api.ts";
import type { Keeping } from "./keeping-port.ts";
import { KnownAddresses } from "./known-addresses.ts";
import { type CodeOwner, LoginCodes } from "./login-codes.ts";
import { OwnSite, type Proxied } from "./own-site.ts";
import type {
  Archive,
  Authenticator,
  Fleet,
  LiveSockets,
  LocalLogins,
  NodePresenceOf,
  Search,
  Shares,
  Signer,
} from "./ports.ts";
import { createRecordRecentRead } from "./recent-reads.ts";
import { RefusalDelay } from "./refusal-delay.ts";
import { createRunLinesApi } from "./run-lines-api.ts";
import { createSearchApi } from "./search-api.ts";
import { SecondSteps } from "./second-steps.ts";
import { createWebServer, type TlsFiles } from "./server.ts";
import { createSessionApi } from "./session-api.ts";
import { loadSessionSecret, openSessionDb } from "./session-file.ts";
import { Sessions } from "./sessions.ts";
import { createSharesApi } from "./shares-api.ts";
import { LoginThrottle } from "./throttle.ts";
import { createTokensApi } from "./tokens-api.ts";
import { createUpgradeHandler } from "./upgrade.ts";
import { createViewerOf } from "./viewers.ts";
import { createWebMetrics } from "./web-metrics.ts";

export interface WebOptions {
  readonly listen: Endpoint;
  /** Members may connect to a unix socket. */
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
  /** Undefined: there is none. */
  readonly fleet?: Fleet | undefined;
  readonly localLogins: LocalLogins;
  readonly presenceOf?: NodePresenceOf;
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

export interface WebLimits {
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

const HOUR_MS = 3_600_000;

/** Joins browsers and scripts with archive, PAM and live viewing. Reads the certificate and opens the sessions. */
export function createWeb(options: WebOptions): Web {
  const {
    listen,
    tls,
    proxied,
    names = [],
    dataDir,
    archive,
    keeping,
    auth,
    isAdmin,
    live,
    limits,
    log,
    audit,
    metrics,
  } = options;
  const { ownerId = ({ user }) => user, hstsSeconds = 0, waitMs, nowMs = Date.now, wallMs = Date.now } = options;
  const isCertified = (name: string) => web.certificate()?.checkHost(name) !== undefined;
  const site = new OwnSite({ tls: tls !== undefined, proxied, names, isCertified });
  const known = new KnownAddresses();
  const webMetrics = createWebMetrics(metrics);
  const places = new ConnectionPlaces({
    places: limits.webConnections,
    placesPerAddress: limits.webConnectionsPerAddress,
    isProxy: (address) => site.isProxy(address),
    onRefused: () => webMetrics.refused("too_many_connections").inc(),
  });
  const codes = new LoginCodes(nowMs);
  const sessions = new Sessions({
    db: openSessionDb(dataDir),
    secret: loadSessionSecret(dataDir),
    secure: site.isSecure,
    basePath: site.basePath,
    wallMs,
    log,
    limits: {
      idleMs: limits.sessionIdleHours * HOUR_MS,
      maxAgeMs: limits.sessionDays * 24 * HOUR_MS,
      maxPerUser: limits.sessionsPerUser,
    },
  });
  const remember = (address: string, user: string) => {
    known.remember(address, user);
    places.confirm(address);
  };
  for (const { address, user } of sessions.open()) if (address !== undefined) remember(address, user);
  const accounts = new AccountWatch({ sessions, auth, log, nowMs });
  const secondSteps = new SecondSteps();
  const refusalDelay = new RefusalDelay({ nowMs, ...(waitMs === undefined ? {} : { after: waitMs }) });
  const attempts = { perAddress: limits.loginAttemptsPerAddress, perAddressAndUser: limits.loginAttemptsPerUser };

  async function toViewer(owner: CodeOwner): Promise<Viewer> {
    return { user: ownerId(owner), uid: owner.uid, admin: await isAdmin(owner) };
  }

  const viewerOf = createViewerOf({ sessions, toViewer, remember });
  const throttle = new LoginThrottle(attempts, nowMs);
  const recordRead = createRecordRead(audit);
  const record = createRecordRecentRead(recordRead, nowMs);
  const app = createApp({
    site,
    hstsSeconds,
    cookieName: sessions.cookieName,
    session: sessions.middleware,
    routers: [
      createSessionApi({
        auth,
        codes,
        localLogins: options.localLogins,
        site,
        sessions,
        throttle,
        secondSteps,
        refusalDelay,
        isKnown: (address, user) => known.has(address, user),
        ticketFor: async (user) => (await options.signer?.ticketFor(user)) ?? "",
        viewerOf,
        log,
        audit,
        metrics: webMetrics,
        nowMs,
      }),
      createExecutionsApi({
        archive,
        keeping,
        viewerOf,
        downloadsPerUser: limits.downloadsPerUser,
        audit,
        recordRead,
        presenceOf: options.presenceOf,
      }),
      createKeepingApi({ archive, keeping, viewerOf, recordRead }),
      createBoardApi({ archive, viewerOf, record }),
      createGlancesApi({ archive, viewerOf, record }),
      createRunLinesApi({ archive, viewerOf, recordRead }),
      createTokensApi({ sessions, viewerOf, audit, wallMs }),
      createSharesApi({ shares: options.shares, viewerOf, audit }),
      ...(options.fleet === undefined
        ? []
        : [createFleetApi({ fleet: options.fleet, signer: options.signer, viewerOf, audit, wallMs })]),
      createSearchApi({ search: options.search, viewerOf, recordRead }),
    ],
    health: options.health,
    uiFolder: options.uiFolder,
    log,
    audit,
    metrics,
    metricsToken: options.metricsToken,
    webMetrics,
  });
  const web = createWebServer({ handler: app, tls, places, log });
  web.server.on(
    "upgrade",
    createUpgradeHandler({
      site,
      sessions,
      lookAtAccount: (owner) => accounts.look(owner),
      toViewer,
      live,
      log,
      audit,
      metrics: webMetrics,
    }),
  );

  return {
    start: () => web.listen(listen, options.socketGroup),
    reload: () => web.reload(),
    *certificates() {
      const certificate = web.certificate();
      if (certificate === undefined) return;
      yield { kind: "web", serial: certificate.serialNumber, validToMs: Date.parse(certificate.validTo) };
    },
    async stop() {
      await live.close();
      await web.close();
      accounts.close();
      secondSteps.close();
      sessions.close();
    },
    createLoginCode: (owner, expiresAfterMs) => codes.create(owner, expiresAfterMs),
  };
}
