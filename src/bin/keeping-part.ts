import { join } from "node:path";
import type { Audit } from "../host/audit.ts";
import type { Config } from "../host/config.ts";
import type { Part } from "../host/lifecycle.ts";
import type { Log } from "../host/log.ts";
import type { Metrics } from "../host/metrics.ts";
import { DiskForecast } from "../keeping/disk-forecast.ts";
import { Holds } from "../keeping/holds.ts";
import { Keeper } from "../keeping/keeper.ts";
import { Keeping } from "../keeping/keeping.ts";
import { removeOldFiles } from "../keeping/old-files.ts";
import { Sweeper } from "../keeping/sweeper.ts";
import type { IndexDb } from "../store/index/index-db.ts";
import { KeptExecutions } from "../store/kept-executions.ts";
import type { Store } from "../store/store.ts";

interface KeepingPartOptions {
  readonly config: Config;
  readonly store: Store;
  readonly index: IndexDb;
  readonly auditFolder: string;
  readonly audit: Audit;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
}

/** Retention, and what people ask of it. It starts after the store, and stops before it. */
export function keepingPart(options: KeepingPartOptions): { readonly keeping: Keeping; readonly part: Part } {
  const { config, store, index, auditFolder, audit, log, metrics, nowMs, wallMs } = options;
  const { retention: policy, dataDir } = config;
  const kept = new KeptExecutions(store, index);
  const holds = new Holds(join(dataDir, "holds.jsonl"));
  const { heldBytesPerUser } = policy;
  const forecast = new DiskForecast();
  const bytesPerUser = config.limits.bytesOnDiskPerUser;
  const keeping = new Keeping({ store: kept, holds, heldBytesPerUser, bytesPerUser, forecast, audit, wallMs });
  const deleted = metrics.counter("ml_retention_deleted_total", "Executions that retention deleted", "reason");
  metrics.gauge("ml_retention_holds", "Executions, runs and jobs that somebody keeps", () => holds.size);
  metrics.gauge(
    "ml_disk_full_seconds",
    "Until the disk is full, if it fills as in the last day; +Inf if it does not",
    () => forecast.secondsUntilFull(),
  );
  const rotated = [
    { folder: join(store.logsDir, "_syslog"), maxAgeMs: policy.syslogMaxAgeMs },
    { folder: auditFolder, maxAgeMs: policy.auditMaxAgeMs },
  ];
  const oldFiles = async (): Promise<void> => {
    for (const folder of rotated) {
      const removed = await removeOldFiles(folder, wallMs());
      if (removed > 0)
        audit.record({ event: "retention", outcome: "ok", reason: "max-age", files: removed, ...folder });
    }
  };
  const sweeper = new Sweeper({ store: kept, policy, holds, audit, log, deleted, wallMs });
  const keeper = new Keeper({ sweeper, store: kept, policy, forecast, oldFiles, log, nowMs });
  return {
    keeping,
    part: { name: "keeping", start: () => keeper.start(), stop: () => keeper.stop() },
  };
}
