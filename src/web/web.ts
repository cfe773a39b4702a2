import type { Viewer } from "../wire/viewer.ts";
import { AccountWatch } from "./account-watch.ts";
import { createRecordRead } from "./admin-reads.ts";
import { createEndWithAdmin } from "./admin-watch.ts";
import { createApp } from "./app.ts";
import { createBlobsApi } from "./blobs-api.ts";
import { createBoardApi } from "./board-api.ts";
import { createCallsApi } from "./calls-api.ts";
import { ConnectionPlaces } from "./connection-places.ts";
import { createExecutionsApi } from "./executions-api.ts";
import { createFleetApi } from "./fleet-api.ts";
import { createGlancesApi } from "./glances-api.ts";
import { createKeepingApi } from "./keeping-api.ts";
import { KnownAddresses } from "./known-addresses.ts";
import { type CodeOwner, LoginCodes } from "./login-codes.ts";
import { createNodesApi } from "./nodes-api.ts";
import { createOpenWhile } from "./open-while.ts";
import { createOrderedRunsApi } from "./ordered-runs-api.ts";
import { OwnSite } from "./own-site.ts";
import { createRecordRecentRead } from "./recent-reads.ts";
import { RefusalDelay } from "./refusal-delay.ts";
import { createRunDownloadApi } from "./run-download-api.ts";
import { createRunLinesApi } from "./run-lines-api.ts";
import { createRunTimesApi } from "./run-times-api.ts";
import { createSearchApi } from "./search-api.ts";
import { createSearchDownloadApi } from "./search-download-api.ts";
import { SecondSteps } from "./second-steps.ts";
import { createWebServer } from "./server.ts";
import { createSessionApi } from "./session-api.ts";
import { loadSessionSecret, openSessionDb } from "./session-file.ts";
import { Sessions } from "./sessions.ts";
import { createSessionsApi } from "./sessions-api.ts";
import { createSharesApi } from "./shares-api.ts";
import { LoginThrottle } from "./throttle.ts";
import { createTokensApi } from "./tokens-api.ts";
import { createUpgradeHandler } from "./upgrade.ts";
import { UserPlaces } from "./user-places.ts";
import { createViewerOf } from "./viewers.ts";
import { createWebMetrics } from "./web-metrics.ts";
import type { Web, WebOptions } from "./web-options.ts";

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
  const endWithAdmin = createEndWithAdmin({ toViewer, log });
  const openWhile = createOpenWhile({ sessions, endWithAdmin });
  const throttle = new LoginThrottle(attempts, nowMs);
  const recordRead = createRecordRead(audit);
  const record = createRecordRecentRead(recordRead, nowMs);
  const downloads = new UserPlaces({ what: "start a download", most: limits.downloadsPerUser, retryAfterSeconds: 1 });
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
        hasFleet: options.fleet !== undefined,
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
        places: downloads,
        audit,
        recordRead,
      }),
      createNodesApi({ archive, relays: options.relays, fleet: options.fleet, viewerOf, openWhile, recordRead }),
      createKeepingApi({ archive, keeping, viewerOf, recordRead }),
      createBoardApi({ archive, viewerOf, record }),
      createGlancesApi({ archive, viewerOf, record }),
      createRunTimesApi({ archive, viewerOf, record }),
      createRunDownloadApi({ archive, places: downloads, viewerOf, recordRead }),
      createRunLinesApi({ archive, viewerOf, recordRead }),
      createSessionsApi({ sessions, viewerOf, audit }),
      createTokensApi({ sessions, viewerOf, audit, wallMs }),
      createSharesApi({ shares: options.shares, viewerOf, audit }),
      ...(options.fleet === undefined
        ? []
        : [
            createFleetApi({ fleet: options.fleet, signer: options.signer, viewerOf, audit, wallMs }),
            createOrderedRunsApi({ fleet: options.fleet, viewerOf, openWhile, audit }),
            createCallsApi({
              ...{ fleet: options.fleet, peers: options.peers, sessions, viewerOf },
              ...{ audit, metrics, nowMs, wallMs },
            }),
            createBlobsApi({ blobs: options.fleet.blobs, viewerOf, audit }),
          ]),
      createSearchApi({ search: options.search, viewerOf, recordRead }),
      createSearchDownloadApi({ search: options.search, archive, places: downloads, viewerOf, recordRead }),
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
      endWithAdmin,
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
