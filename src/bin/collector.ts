import { hostname } from "node:os";
import { join } from "node:path";
import { createAuthClient } from "../auth/auth-client.ts";
import { childChannel, socketChannel } from "../auth/channel.ts";
import { LocalLogins } from "../auth/local-logins.ts";
import { FleetThread } from "../fleet/thread/fleet-thread.ts";
import { AuditLog } from "../host/audit.ts";
import { CertificateExpiry } from "../host/certificate-expiry.ts";
import type { Config } from "../host/config.ts";
import { prepareDataFolder } from "../host/data-folder.ts";
import { createLifecycle, type Lifecycle } from "../host/lifecycle.ts";
import type { Log } from "../host/log.ts";
import { createMetrics } from "../host/metrics.ts";
import { readMetricsToken } from "../host/metrics-access.ts";
import { createSteadyClock } from "../host/steady-clock.ts";
import { createUserDirectory, type UserDirectory } from "../host/users.ts";
import { ClockDifferences } from "../ingest/figures/clock-differences.ts";
import { createHub } from "../live/hub.ts";
import { createLive } from "../live/live.ts";
import { Searches } from "../search/searches.ts";
import { SharedArchive } from "../sharing/shared-archive.ts";
import { SharedSearch } from "../sharing/shared-search.ts";
import { Sharing } from "../sharing/sharing.ts";
import { Archive } from "../store/archive.ts";
import { IndexDb } from "../store/index/index-db.ts";
import { Store } from "../store/store.ts";
import type { Proxied } from "../web/own-site.ts";
import { createWeb } from "../web/web.ts";
import { auditPart } from "./audit-part.ts";
import { fleetPart } from "./fleet-part.ts";
import { keepingPart } from "./keeping-part.ts";
import { metricsPart } from "./metrics-part.ts";
import { createOwnerOf } from "./owner-of.ts";
import { peersOf } from "./peers-of.ts";
import { RelayPart } from "./relay-part.ts";
import { searchPart } from "./search-part.ts";
import { createShareDirectory, holdSockets, sharingPart } from "./sharing-part.ts";
import { openSpill, storePart } from "./store-part.ts";
import { syslogPart } from "./syslog-part.ts";
import { webPart } from "./web-part.ts";

const DAY_MS = 86_400_000;
/** Files of executions without an owner that one node may leave behind: half for those without a BEGIN, half for announced ones. */
const QUARANTINED_EXECUTIONS_PER_NODE = 32_768;
/** Logs held open for writing; systemd's LimitNOFILE must also leave room for relays and viewers. */
const MAX_OPEN_LOGS = 32_768;

interface CollectorOptions {
  readonly config: Config;
  readonly log: Log;
  /** Prints for the person who started it by hand: addresses, the login code. */
  readonly say: (line: string) => void;
  /** Program and arguments that serve authentication on descriptor 3. */
  readonly authCommand: readonly [string, ...string[]];
  /** The built viewer. */
  readonly uiFolder: string;
  /** The user who started the collector. */
  readonly uid: number;
}

/**
 * Joins all stages of the collector:
 *
 *     relays ==RELP/TLS==> ingest --batches--> store --stored chunks--> live ==WebSocket==> viewers
 *                                                |                                            |
 *     other machines ==UDP, TCP==> ingest --> _syslog files  index <--archive--sharing-- web <-/ HTTP
 *                                                                              search <--- patterns
 *                                                                              auth <-- passwords
 *     agents <==NATS/TLS==> broker <--> fleet <--signed orders-- web
 */
export function createCollector(options: CollectorOptions): Lifecycle {
  const { config, log } = options;
  const { limits } = config;
  const metrics = createMetrics();
  const [nowMs, wallMs] = [createSteadyClock(), Date.now];
  const directory = createUserDirectory({ nowMs });
  const metricsToken = readMetricsToken(config.metrics);
  prepareDataFolder(config.dataDir);
  const folder = join(config.dataDir, "audit");
  const audit = new AuditLog({ folder, limits, log, metrics, nowMs, wallMs });
  const index = new IndexDb(join(config.dataDir, "index.db"), config.sync === "always");
  const spill = openSpill(config);
  metrics.gauge(
    "ml_store_left_number_sets",
    "Sets of line numbers on the disk that nobody uses and the next start removes",
    () => spill.db.leftSets,
  );
  // Stored chunks go from the store to the hub; live reads from the archive what a viewer missed.
  const hub = createHub(log, nowMs);
  const clocks = new ClockDifferences({ metrics, nowMs, wallMs });
  const store = new Store({
    dataDir: config.dataDir,
    durable: config.sync === "always",
    indexDb: index,
    publisher: hub,
    ownerOf: createOwnerOf({ nodes: config.nodes, directory, nowMs }),
    clockOf: (node) => clocks.of(node),
    quarantine: {
      maxNodeBytes: limits.quarantineBytesPerNode,
      maxExecutionBytes: limits.quarantineBytesPerExecution,
      maxExecutionsPerNode: QUARANTINED_EXECUTIONS_PER_NODE,
      maxAgeMs: limits.quarantineAgeDays * DAY_MS,
    },
    maxOpenFiles: MAX_OPEN_LOGS,
    ownerLimits: {
      runningExecutions: limits.runningExecutionsPerUser,
      executionsPerMinute: limits.executionsPerMinutePerUser,
      linesPerSecond: limits.linesPerSecondPerUser,
      bytesPerSecond: limits.bytesPerSecondPerUser,
      bytesOnDisk: limits.bytesOnDiskPerUser,
    },
    spill,
    sealing: sealingOf(config),
    log,
    audit,
    metrics,
    nowMs,
    wallMs,
  });
  const own = new Archive(store, index);
  const sharing = new Sharing({
    dataDir: config.dataDir,
    archive: own,
    directory: createShareDirectory(directory, store),
    log,
    metrics,
    wallMs,
  });
  const archive = new SharedArchive(own, sharing.grants);
  const kept = keepingPart({ config, store, index, auditFolder: folder, audit, log, metrics, nowMs, wallMs });
  const searches = new Searches({
    archive,
    limits,
    workerFile: new URL("../search/worker.js", import.meta.url),
    metrics,
  });
  const live = holdSockets(createLive({ hub, history: archive, limits, log, audit, metrics }), sharing.grants);
  const expiry = new CertificateExpiry({ log, audit, metrics, nowMs, wallMs });
  const relays = new RelayPart({ config, store, log, audit, metrics, expiry, clocks, nowMs, wallMs });
  const auth = createAuthClient({
    open: config.authSocket === undefined ? childChannel(options.authCommand) : socketChannel(config.authSocket),
    users: directory,
    log,
    nowMs,
  });
  const localLogins = new LocalLogins({
    folder: join(config.dataDir, "logins"),
    users: directory,
    uid: process.geteuid?.() ?? options.uid,
    log,
    nowMs,
  });
  const { fleet: listenForAgents, fleetFiles: listenForFiles, pki } = config;
  const fleet =
    listenForAgents === undefined || listenForFiles === undefined || pki === undefined
      ? undefined
      : new FleetThread({
          file: new URL("../fleet/thread/worker.js", import.meta.url),
          listen: listenForAgents,
          form: config.fleetBroker,
          listenForFiles,
          fileBytesPerUser: limits.fleetFileBytesPerUser,
          audit,
          pki,
          dataDir: config.dataDir,
          log,
          metrics,
          // Ends the collector, like an uncaught error of this thread: its service manager starts it again.
          onLost: (error) => {
            throw error;
          },
        });
  const web = createWeb({
    listen: config.web,
    socketGroup: config.webSocketGroup,
    tls: config.webTls,
    proxied: proxiedOf(config),
    names: [hostname(), ...config.webNames],
    hstsSeconds: config.hstsSeconds,
    dataDir: config.dataDir,
    uiFolder: options.uiFolder,
    archive,
    search: new SharedSearch(searches, sharing.grants),
    shares: sharing,
    localLogins,
    relays,
    keeping: kept.keeping,
    fleet,
    peers: fleet === undefined ? undefined : peersOf(config, { id: fleet.id, log, metrics, nowMs }),
    auth,
    signer: config.webSignerKey === undefined ? undefined : auth,
    ownerId: ({ user, uid }) => store.ownerId({ name: user, uid }),
    isAdmin: createIsAdmin(config.adminGroup, directory),
    live,
    health: () => [
      ...(store.failure === undefined ? [] : [`cannot store: ${store.failure}`]),
      ...(relays.failure === undefined ? [] : [`no relay is admitted: ${relays.failure}`]),
    ],
    limits,
    log,
    audit,
    metrics,
    metricsToken,
    nowMs,
    wallMs,
  });
  expiry.watch(() => web.certificates());
  return createLifecycle({
    parts: [
      auditPart({ audit, folder, group: config.adminGroup, log }),
      storePart({ store, index, spill, log, config, directory, wallMs }),
      kept.part,
      relays,
      syslogPart({ config, logsDir: store.logsDir, log, metrics, nowMs, wallMs }),
      metricsPart({ config: config.metrics, token: metricsToken, metrics, log }),
      searchPart(searches),
      sharingPart(sharing),
      ...(fleet === undefined ? [] : [fleetPart(fleet, log)]),
      webPart({ ...options, web, auth, localLogins, directory }),
    ],
    log,
  });
}

function proxiedOf({ web, behindProxy, proxies }: Config): Proxied | undefined {
  return behindProxy === undefined ? undefined : { url: behindProxy, addresses: "path" in web ? "socket" : proxies };
}

function sealingOf({ sealAfterDays }: Config) {
  const workerFile = new URL("../store/sealing/worker.js", import.meta.url);
  return sealAfterDays === 0 ? undefined : { afterMs: sealAfterDays * DAY_MS, workerFile };
}

/** Whether a user is an administrator now. Somebody who has only the name of one is not. */
function createIsAdmin(group: string | undefined, directory: UserDirectory) {
  return async ({ user, uid }: { readonly user: string; readonly uid: number }): Promise<boolean> => {
    if (group === undefined) return false;
    const known = await directory.byName(user);
    return known !== undefined && known !== "unavailable" && known.uid === uid && directory.isMember(known, group);
  };
}
