import { join } from "node:path";
import type { AuditEvent } from "../../src/host/audit-event.ts";
import { CertificateExpiry } from "../../src/host/certificate-expiry.ts";
import type { Log } from "../../src/host/log.ts";
import { createMetrics, type Metrics } from "../../src/host/metrics.ts";
import type { RelayTls } from "../../src/ingest/admission/certificate-folder.ts";
import { ClockDifferences } from "../../src/ingest/figures/clock-differences.ts";
import { type RelpServer, startRelpServer } from "../../src/ingest/relp-server.ts";
import { Archive } from "../../src/store/archive.ts";
import { IndexDb } from "../../src/store/index/index-db.ts";
import type { Publisher } from "../../src/store/intake/publisher.ts";
import { KeptExecutions } from "../../src/store/kept-executions.ts";
import { IntervalDb } from "../../src/store/numbers/disk-intervals.ts";
import type { OwnerLimits } from "../../src/store/owner/owner-account.ts";
import type { OwnerOf, OwnerOfName } from "../../src/store/owner/owner-lookup.ts";
import type { QuarantineLimits } from "../../src/store/quarantine/quarantine.ts";
import { reindex } from "../../src/store/reindex.ts";
import { Store } from "../../src/store/store.ts";
import type { Viewer } from "../../src/wire/viewer.ts";
import { afterwards } from "./cleanup.ts";
import { poll } from "./poll.ts";
import { ROOT as REPOSITORY } from "./programs.ts";
import { RelpClient } from "./relp-client.ts";
import { tempFolder } from "./temp-folder.ts";

export interface IngestSiteOptions {
  /** A temporary folder by default. */
  readonly dataDir?: string;
  readonly tls?: RelayTls;
  readonly durable?: boolean;
  readonly publisher?: Publisher;
  readonly ownerOf?: OwnerOf;
  readonly quarantine?: Partial<QuarantineLimits>;
  readonly nowMs?: () => number;
  readonly limits?: {
    connections?: number;
    connectionsPerNode?: number;
    handshakes?: number;
    handshakeMs?: number;
    openMs?: number;
    frameMs?: number;
  };
  readonly maxRunningPerOwner?: number;
  readonly ownerLimits?: Partial<OwnerLimits>;
  /** Rebuilds the index from the files first. */
  readonly reindex?: boolean;
  readonly maxRangesInMemory?: number;
  /** How long after their end executions are sealed. */
  readonly sealAfterMs?: number;
  /** The uid of a name, for folders without a record. */
  readonly recordOwners?: OwnerOfName;
}

/** Ingest and store joined as the collector joins them, without its web half, in this process. */
export interface IngestSite {
  readonly dataDir: string;
  readonly relp: RelpServer;
  readonly store: Store;
  readonly archive: Archive;
  readonly kept: KeptExecutions;
  readonly metrics: Metrics;
  readonly logLines: string[];
  readonly audited: AuditEvent[];
  /** A second call waits for the first. */
  stop(): Promise<void>;
}

export const ROOT: Viewer = { user: "root", uid: 0, admin: true };

/** Two users, for `ownerOf`. */
export const rootAndBob = async (_node: string, uid: number) => ({
  name: uid === 0 ? "root" : "bob",
  uid: undefined,
});

/** Starts a site. It is stopped afterwards, unless the test has done so. */
export async function startIngestSite(options: IngestSiteOptions = {}): Promise<IngestSite> {
  const { dataDir = await tempFolder(), nowMs = Date.now, durable = false } = options;
  const metrics = createMetrics();
  const logLines: string[] = [];
  const log: Log = {
    event: (severity, message, fields) => logLines.push(`${severity} ${message} ${JSON.stringify(fields)}`),
  };
  const audited: AuditEvent[] = [];
  const audit = { record: (event: AuditEvent) => void audited.push(event) };
  const index = new IndexDb(join(dataDir, "index.db"), durable);
  const db = new IntervalDb(join(dataDir, "intervals.db"));
  const spill = { maxRangesInMemory: options.maxRangesInMemory ?? 4_096, db };
  const clocks = new ClockDifferences({ metrics, nowMs, wallMs: nowMs });
  const store = new Store({
    dataDir,
    durable,
    indexDb: index,
    publisher: options.publisher ?? { publish: () => {}, changed: () => {} },
    clockOf: (node) => clocks.of(node),
    ownerOf: options.ownerOf ?? (async () => ({ name: "root", uid: undefined })),
    quarantine: {
      maxNodeBytes: 67_108_864,
      maxExecutionBytes: 4_194_304,
      maxExecutionsPerNode: 1_000,
      maxAgeMs: 604_800_000,
      ...options.quarantine,
    },
    maxOpenFiles: 1_024,
    spill,
    ownerLimits: {
      runningExecutions: options.maxRunningPerOwner ?? 10_000,
      executionsPerMinute: 0,
      linesPerSecond: 0,
      bytesPerSecond: 0,
      bytesOnDisk: 0,
      ...options.ownerLimits,
    },
    sealing:
      options.sealAfterMs === undefined
        ? undefined
        : {
            afterMs: options.sealAfterMs,
            workerFile: new URL(`file://${REPOSITORY}/dist/src/store/sealing/worker.js`),
          },
    log,
    audit,
    metrics,
    nowMs,
    wallMs: nowMs,
  });
  if (!index.isCurrent || options.reindex === true)
    await reindex(index, { logsDir: store.logsDir, spill, nowMs: nowMs() });
  if (options.recordOwners !== undefined) await store.recordOwners(options.recordOwners);
  store.start();
  const { tls } = options;
  const places = { connections: 4_096, connectionsPerNode: 64, handshakes: 1_024 };
  const limits = { ...places, handshakeMs: 10_000, openMs: 10_000, frameMs: 30_000, ...options.limits };
  const expiry = new CertificateExpiry({ log, audit, metrics, nowMs, wallMs: nowMs });
  const place = { host: "127.0.0.1", port: 0 };
  const relp = await startRelpServer({
    ...place,
    store,
    log,
    audit,
    metrics,
    tls,
    expiry,
    clocks,
    limits,
    nowMs,
    wallMs: nowMs,
  });
  async function stopAll(): Promise<void> {
    await relp.stop();
    await store.stop();
    index.close();
    db.close();
  }
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= stopAll();
    return stopped;
  };
  afterwards(stop);
  const [archive, kept] = [new Archive(store, index), new KeptExecutions(store, index)];
  return { dataDir, relp, store, archive, kept, metrics, logLines, audited, stop };
}

/** Opens a plain session with a site; it is ended afterwards. */
export async function openRelay(on: IngestSite): Promise<RelpClient> {
  const relay = await RelpClient.open(on.relp.port);
  afterwards(() => relay.destroy());
  return relay;
}

/** The value of one metric, summed over its labels or of the one given. */
export async function metric(site: { metrics: Metrics }, name: string, label = ""): Promise<number> {
  const lines = (await site.metrics.text()).split("\n").filter((line) => /^[a-z]/.test(line) && line.includes(label));
  return lines
    .filter((line) => line.split(/[{ ]/)[0] === name)
    .reduce((sum, line) => sum + Number(line.split(" ").pop()), 0);
}

export async function untilMetric(site: { metrics: Metrics }, name: string, least: number): Promise<void> {
  await poll(`${name} to reach ${least}`, async () => (await metric(site, name)) >= least);
}
