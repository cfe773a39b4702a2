import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Claim } from "../frame/item.ts";
import type { SlotIdentity } from "../frame/slot-identity.ts";
import type { Audit } from "../host/audit.ts";
import type { Log } from "../host/log.ts";
import type { Metrics } from "../host/metrics.ts";
import { RESERVED } from "./disk/log-path.ts";
import { OpenFiles } from "./disk/open-files.ts";
import { Reserve } from "./disk/reserve.ts";
import { StorageAlarm } from "./disk/storage-alarm.ts";
import { LateMerges } from "./execution/late-merges.ts";
import { Housekeeping } from "./housekeeping.ts";
import type { IndexDb } from "./index/index-db.ts";
import { Claims } from "./intake/claims.ts";
import { ItemWriter } from "./intake/item-writer.ts";
import type { Publisher } from "./intake/publisher.ts";
import { QuarantineRetry } from "./intake/quarantine-retry.ts";
import { WaitingBegins } from "./intake/waiting-begins.ts";
import type { IntervalSpill } from "./numbers/spilling-intervals.ts";
import type { OwnerLimits } from "./owner/owner-account.ts";
import { OwnerAccounts } from "./owner/owner-accounts.ts";
import { OwnerFolders } from "./owner/owner-folder.ts";
import { type Owner, OwnerLookup, type OwnerOf } from "./owner/owner-lookup.ts";
import { OwnerRecords } from "./owner/owner-records.ts";
import { RunningCount } from "./owner/running-count.ts";
import { UserMismatches } from "./owner/user-mismatches.ts";
import { Quarantine, type QuarantineLimits } from "./quarantine/quarantine.ts";
import { Remover } from "./removal/remover.ts";
import { Tombstones } from "./removal/tombstones.ts";
import { SealThread } from "./sealing/seal-thread.ts";
import { Sealer, type SealerOptions } from "./sealing/sealer.ts";
import { addStoreGauges } from "./store-gauges.ts";
import { createStoreMetrics } from "./store-metrics.ts";
import { InUse } from "./table/in-use.ts";
import { IndexWriter } from "./table/index-writer.ts";
import { SlotTable } from "./table/slots.ts";

export interface StoreOptions {
  readonly dataDir: string;
  /** True: a batch is on the disk before it counts as stored (`--sync always`). */
  readonly durable: boolean;
  readonly indexDb: IndexDb;
  readonly publisher: Publisher;
  readonly ownerOf: OwnerOf;
  /** How far a node's clock is behind, milliseconds; undefined: not known. */
  readonly clockOf: (node: string) => number | undefined;
  readonly quarantine: QuarantineLimits;
  readonly maxOpenFiles: number;
  readonly ownerLimits: OwnerLimits;
  readonly spill: IntervalSpill;
  /** Undefined: logs are never sealed. `workerFile`: the built sealing/worker.js. */
  readonly sealing?: { readonly afterMs: number; readonly workerFile: URL } | undefined;
  readonly log: Log;
  readonly audit: Audit;
  readonly metrics: Metrics;
  /** Steady: never goes back, never jumps ahead. Whole milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Time of day. */
  readonly wallMs: () => number;
}

export type StoreParts = ReturnType<typeof createStoreParts>;

/**
 * Joins the parts of the store:
 *
 *     BEGIN -> Claims -> OwnerLookup, OwnerFolders -> a StoredExecution in the SlotTable
 *     lines -> ItemWriter -> StoredExecution -> files;  without an owner -> Quarantine -> ItemWriter, once it is claimed
 *     by the clock: Housekeeping -> states, IndexWriter, LateMerges, WaitingBegins, QuarantineRetry
 *
 * @param claim Claims a kept BEGIN, and resolves when the claim outlives the process.
 */
export function createStoreParts(
  options: StoreOptions,
  claim: (kept: Claim, owner: Owner) => Promise<"stored" | "unavailable">,
) {
  const { indexDb, publisher, durable, spill, nowMs, wallMs, log, audit, ownerOf } = options;
  const logsDir = join(options.dataDir, "logs");
  mkdirSync(logsDir, { recursive: true, mode: 0o711 });
  const metrics = createStoreMetrics(options.metrics);
  const indexWriter = new IndexWriter(indexDb);
  const bytesOf = (owner: string) => indexDb.totals.diskBytes(owner);
  const accounts = new OwnerAccounts({ limits: options.ownerLimits, bytesOf, flush: () => indexWriter.flush() });
  const slots = new SlotTable({ indexDb, logsDir, durable, spill, accounts, log, nowMs });
  const records = new OwnerRecords(logsDir);
  const files = new OpenFiles(options.maxOpenFiles, durable);
  const alarm = new StorageAlarm({ log, metrics, path: logsDir, nowMs, appendedBytes: () => files.appendedBytes });
  const quarantine = new Quarantine({
    folder: join(logsDir, RESERVED.quarantine),
    limits: options.quarantine,
    durable,
    onEvicted: (reason, lines) => {
      metrics.evictedQuarantines(reason).inc();
      metrics.discardedLines(reason).inc(lines);
    },
    nowMs,
  });
  const merges = new LateMerges({
    files,
    log,
    onMerged: (execution) => {
      accounts.of(execution.owner).settle(execution);
      indexWriter.touch(slots.get(execution.facts));
    },
  });
  const inUse = new InUse();
  const inSealing = { slots, indexDb, indexWriter, files, accounts, inUse, log, metrics, nowMs };
  const sealer = createSealer(options.sealing, inSealing);
  const owners = new OwnerLookup({ ownerOf, log, metrics, nowMs });
  const shared = {
    slots,
    indexDb,
    indexWriter,
    files,
    merges,
    sealer,
    inUse,
    quarantine,
    accounts,
    publisher,
    log,
    metrics,
    nowMs,
  };
  const mismatches = new UserMismatches(log);
  const claims = new Claims({
    ...shared,
    folders: new OwnerFolders({ records, log }),
    records,
    owners,
    running: new RunningCount(indexDb, nowMs),
    maxRunning: options.ownerLimits.runningExecutions,
    logsDir,
    durable,
    spill,
    audit,
    mismatches,
    clockOf: options.clockOf,
    wallMs,
  });
  const waiting = new WaitingBegins({
    quarantine,
    ownerOf,
    claim,
    onFailure: (error) => alarm.failed(error),
    log,
    nowMs,
  });
  const itemWriter = new ItemWriter({
    ...shared,
    answerFor: (identity: SlotIdentity) => waiting.answerFor(identity),
  });
  const tombstones = new Tombstones(join(logsDir, RESERVED.deleted));
  const reserve = new Reserve(logsDir, join(logsDir, RESERVED.reserve));
  const remover = new Remover({ ...shared, reserve, tombstones, logsDir });
  const quarantineRetry = new QuarantineRetry({ ...shared, itemWriter });
  const { clockOf } = options;
  const housekeeping = new Housekeeping({ ...shared, clockOf, waiting, quarantineRetry, remover, alarm });
  addStoreGauges(options.metrics, { files, slots, mismatches, quarantine, owners, alarm, logsDir });
  return { ...shared, logsDir, records, mismatches, claims, waiting, itemWriter, remover, alarm, housekeeping };
}

function createSealer(
  sealing: StoreOptions["sealing"],
  shared: Omit<SealerOptions, "thread" | "afterMs">,
): Sealer | undefined {
  if (sealing === undefined) return undefined;
  return new Sealer({ ...shared, thread: new SealThread(sealing.workerFile), afterMs: sealing.afterMs });
}
