import { hostname } from "node:os";
import { join } from "node:path";
import { type AuthClient, createAuthClient } from "../auth/auth-client.ts";
import { childChannel, socketChannel } from "../auth/channel.ts";
import { AuditLog } from "../host/audit.ts";
import { CertificateExpiry } from "../host/certificate-expiry.ts";
import type { Config } from "../host/config.ts";
import { prepareDataFolder } from "../host/data-folder.ts";
import { createLifecycle, type Lifecycle, type Part } from "../host/lifecycle.ts";
import { listening, reachableHost } from "../host/listen-error.ts";
import type { Log } from "../host/log.ts";
import { createMetrics } from "../host/metrics.ts";
import { readMetricsToken } from "../host/metrics-access.ts";
import { createNodeUsers } from "../host/node-users.ts";
import { createSteadyClock } from "../host/steady-clock.ts";
import { createUserDirectory, type RememberingDirectory, type UserDirectory } from "../host/users.ts";
import { createLive, type Live } from "../live/live.ts";
import { Archive } from "../store/archive.ts";
import { IndexDb } from "../store/index/index-db.ts";
import { IntervalDb } from "../store/numbers/disk-intervals.ts";
import type { IntervalSpill } from "../store/numbers/spilling-intervals.ts";
import { requireAcls } from "../store/owner/acl.ts";
import type { OwnerOf } from "../store/owner/owner-lookup.ts";
import { reindex } from "../store/reindex.ts";
import { Store } from "../store/store.ts";
import { createWeb, type Web } from "../web/web.ts";
import { auditPart } from "./audit-part.ts";
import { metricsPart } from "./metrics-part.ts";
import { RelayPart } from "./relay-part.ts";
import { syslogPart } from "./syslog-part.ts";

const DAY_MS = 86_400_000;
const LOGIN_CODE_EXPIRES_AFTER_MS = 600_000;
/** Files of executions without an owner that one node may leave behind: half of them lines, half announced. */
const QUARANTINED_EXECUTIONS_PER_NODE = 32_768;
/** Logs held open for writing; systemd's LimitNOFILE must leave room for relays and viewers beside them. */
const MAX_OPEN_LOGS = 32_768;
/** Files that the index lacks: the log names the first ones, and counts all. */
const UNREADABLE_TOLD = 100;

export interface CollectorOptions {
  readonly config: Config;
  readonly log: Log;
  /** For the person who started it by hand: addresses, the login code. */
  readonly say: (line: string) => void;
  /** Program and arguments that serve authentication on descriptor 3. */
  readonly authCommand: readonly [string, ...string[]];
  /** The built viewer. */
  readonly uiFolder: string;
  /** Who started the collector. */
  readonly uid: number;
}

/**
 * The collector, all stages joined:
 *
 *     relays ==RELP/TLS==> ingest --batches--> store --stored chunks--> live ==WebSocket==> viewers
 *                                                |                                            |
 *     other machines ==UDP, TCP==> ingest --> _syslog files          index <--archive-- web <-/ HTTP
 *                                                                              auth <-- passwords
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
  // The archive reads what the store has written; live needs both, and the store tells live.
  let viewers: Live | undefined;
  const store = new Store({
    dataDir: config.dataDir,
    durable: config.sync === "always",
    index,
    publisher: {
      publish: (source, chunk) => viewers?.hub.publish(source, chunk),
      changed: (source) => viewers?.hub.changed(source),
    },
    ownerOf: ownerLookup({ config, directory, nowMs }),
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
    log,
    audit,
    metrics,
    nowMs,
    wallMs: Date.now,
  });
  const archive = new Archive(store, index);
  const live = createLive({ history: archive, limits, log, audit, metrics, nowMs });
  viewers = live;
  const expiry = new CertificateExpiry({ log, audit, metrics, nowMs, wallMs });
  const relays = new RelayPart({ config, store, log, audit, metrics, expiry, nowMs, wallMs });
  const auth = createAuthClient({
    open: config.authSocket === undefined ? childChannel(options.authCommand) : socketChannel(config.authSocket),
    users: directory,
    log,
    nowMs,
  });
  const web = createWeb({
    listen: config.web,
    tls: config.webTls,
    proxied: config.behindProxy === undefined ? undefined : { url: config.behindProxy, addresses: config.proxies },
    names: [hostname(), ...config.webNames],
    hstsSeconds: config.hstsSeconds,
    dataDir: config.dataDir,
    uiFolder: options.uiFolder,
    archive,
    auth,
    ownerId: ({ user, uid }) => store.ownerId({ name: user, uid }),
    isAdmin: async ({ user }) => {
      const { adminGroup } = config;
      const known = adminGroup === undefined ? undefined : await directory.byName(user);
      if (known === undefined || known === "unavailable" || adminGroup === undefined) return false;
      return directory.isMember(known, adminGroup);
    },
    live,
    health: () => [
      ...(store.failure === undefined ? [] : [`cannot store: ${store.failure}`]),
      ...(relays.failure === undefined ? [] : [`no relay is let in: ${relays.failure}`]),
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
      storePart({ store, index, spill, log, config, directory }),
      relays,
      syslogPart({ config, logsDir: store.logsDir, log, metrics, nowMs, wallMs }),
      metricsPart({ config: config.metrics, token: metricsToken, metrics, log }),
      { name: "live", start: () => {}, stop: () => live.close() },
      webPart({ web, auth, directory, options }),
    ],
    log,
  });
}

/** Whose a node's uid is, and which uid of the collector may read the files. */
function ownerLookup(options: { config: Config; directory: RememberingDirectory; nowMs: () => number }): OwnerOf {
  const { config, directory, nowMs } = options;
  const userOf = createNodeUsers({ directory, nodes: config.nodes, nowMs });
  return async (node, uid) => {
    const user = await userOf(node, uid);
    if (user === undefined || typeof user === "string") return user;
    const known = await directory.byName(user.name);
    return known === "unavailable" ? known : { name: user.name, uid: known?.uid };
  };
}

/** Where executions in great disorder keep track of their line numbers. */
export function openSpill({ dataDir, limits }: Config): IntervalSpill & { readonly db: IntervalDb } {
  return { maxRangesInMemory: limits.deduplicationIntervals, db: new IntervalDb(join(dataDir, "intervals.db")) };
}

function storePart(parts: {
  store: Store;
  index: IndexDb;
  spill: IntervalSpill;
  log: Log;
  config: Config;
  directory: UserDirectory;
}): Part {
  const { store, index, spill, log, config, directory } = parts;
  return {
    name: "store",
    start: async (signal) => {
      // A trial by one user, who owns the files, goes without.
      if (!config.insecure) await requireAcls(store.logsDir);
      await store.recordOwners(async (name) => {
        const user = await directory.byName(name);
        return user === "unavailable" ? undefined : user?.uid;
      });
      if (!index.isCurrent) {
        const places = { logsDir: store.logsDir, spill, nowMs: Date.now(), signal };
        const { executions, unreadable } = await reindex(index, places);
        for (const { path, reason } of unreadable.slice(0, UNREADABLE_TOLD))
          log.event("error", "left out of the index", { path, reason });
        log.event("notice", "index made from the files", { executions, unreadable: unreadable.length });
      }
      store.start();
    },
    reload: () => store.reopen(),
    stop: async () => {
      await store.stop();
      index.close();
      spill.db.close();
    },
  };
}

function webPart({
  web,
  auth,
  directory,
  options,
}: {
  web: Web;
  auth: AuthClient;
  directory: UserDirectory;
  options: CollectorOptions;
}): Part {
  const { config, log, say, uid } = options;
  return {
    name: "web",
    start: async () => {
      const { host, port } = await listening(web.start(), { key: "web", at: config.web });
      const scheme = config.webTls === undefined ? "http" : "https";
      const origin = config.behindProxy ?? `${scheme}://${reachableHost(host)}:${port}`;
      log.event("info", "listening for browsers", { origin });
      if (!config.loginCode) return;
      const user = await directory.byUid(uid);
      if (user === undefined || user === "unavailable") {
        log.event("error", "no login code: this uid has no user, or the user directory does not answer", { uid });
        return;
      }
      const code = web.createLoginCode({ user: user.name, uid }, LOGIN_CODE_EXPIRES_AFTER_MS);
      say(`${origin}/#code=${code}`);
    },
    reload: () => web.reload(),
    stop: async () => {
      await web.stop();
      auth.close();
    },
  };
}
