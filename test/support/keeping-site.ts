import { join } from "node:path";
import type { RetentionConfig } from "../../src/host/config-retention.ts";
import { DiskForecast } from "../../src/keeping/disk-forecast.ts";
import { Holds } from "../../src/keeping/holds.ts";
import { Keeping } from "../../src/keeping/keeping.ts";
import { Sweeper } from "../../src/keeping/sweeper.ts";
import { type IngestSite, type IngestSiteOptions, rootAndBob, startIngestSite } from "./ingest-site.ts";
import { NO_RETENTION } from "./no-retention.ts";
import { poll } from "./poll.ts";
import { startWeb } from "./web.ts";

/** The time of its retention's clock. */
export const NOW = "2026-11-30T12:00:00.000000Z";

export interface KeepingSite {
  readonly on: IngestSite;
  readonly web: Awaited<ReturnType<typeof startWeb>>;
  readonly holds: Holds;
  sweeper(policy: Partial<RetentionConfig>): Sweeper;
  /** Runs one sweep under this policy. */
  sweep(policy: Partial<RetentionConfig>): Promise<{ executions: number; busy: number }>;
  /** Resolves once the index has so many executions, and expects nothing more of them. */
  settled(executions: number): Promise<void>;
}

/** A store, its retention and a web server. Alice of the web is root of the store; carol is an administrator. */
export async function startKeepingSite(
  options: { readonly heldBytesPerUser?: number; readonly ingest?: IngestSiteOptions } = {},
): Promise<KeepingSite> {
  const { heldBytesPerUser = NO_RETENTION.heldBytesPerUser } = options;
  const on = await startIngestSite({ ownerOf: rootAndBob, ...options.ingest });
  const holds = new Holds(join(on.dataDir, "holds.jsonl"));
  const audit = { record: (event: (typeof on.audited)[number]) => void on.audited.push(event) };
  const log = { event: (...[severity, message]: [string, string]) => void on.logLines.push(`${severity} ${message}`) };
  const wallMs = () => Date.parse(NOW);
  const quota = { heldBytesPerUser, bytesPerUser: 1_000_000, forecast: new DiskForecast() };
  const keeping = new Keeping({ store: on.kept, holds, ...quota, audit, wallMs });
  const ownerId = ({ user }: { user: string }) => (user === "alice" ? "root" : user);
  const web = await startWeb({ served: on.archive, keeping, ownerId });
  const deleted = on.metrics.counter("ml_retention_deleted_total", "Deleted", "reason");
  const sweeper = (policy: Partial<RetentionConfig>) => {
    const all = { ...NO_RETENTION, heldBytesPerUser, ...policy };
    return new Sweeper({ store: on.kept, policy: all, holds, audit, log, deleted, wallMs });
  };
  return {
    on,
    web,
    holds,
    sweeper,
    sweep: (policy) => sweeper(policy).sweep(new AbortController().signal),
    settled: async (executions) => {
      await poll("the index to follow", () => {
        const rows = on.kept.oldest(undefined, 1_000);
        return rows.length === executions && rows.every(({ isOpen, overAt }) => isOpen === 0 || overAt === "");
      });
    },
  };
}
