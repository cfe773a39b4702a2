import { join } from "node:path";
import type { Config } from "../host/config.ts";
import type { Part } from "../host/lifecycle.ts";
import type { Log } from "../host/log.ts";
import type { UserDirectory } from "../host/users.ts";
import type { IndexDb } from "../store/index/index-db.ts";
import { IntervalDb } from "../store/numbers/disk-intervals.ts";
import type { IntervalSpill } from "../store/numbers/spilling-intervals.ts";
import { requireAcls } from "../store/owner/acl.ts";
import { reindex } from "../store/reindex.ts";
import type { Store } from "../store/store.ts";

/** Most files named in the log that the index lacks; all are counted. */
const UNREADABLE_NAMED = 100;

interface StorePartOptions {
  readonly store: Store;
  readonly index: IndexDb;
  readonly spill: IntervalSpill;
  readonly log: Log;
  readonly config: Config;
  readonly directory: UserDirectory;
  readonly wallMs: () => number;
}

/** Where executions in great disorder keep track of their line numbers. */
export function openSpill({ dataDir, limits }: Config): IntervalSpill & { readonly db: IntervalDb } {
  return { maxRangesInMemory: limits.deduplicationIntervals, db: new IntervalDb(join(dataDir, "intervals.db")) };
}

/** The store, with its index rebuilt if its format has changed. Closes the databases last. */
export function storePart(options: StorePartOptions): Part {
  const { store, index, spill, log, config, directory, wallMs } = options;
  return {
    name: "store",
    start: async (signal) => {
      // A trial by one user, who owns the files, works without ACLs.
      if (!config.insecure) await requireAcls(store.logsDir);
      await store.recordOwners(async (name) => {
        const user = await directory.byName(name);
        return user === "unavailable" ? undefined : user?.uid;
      });
      if (!index.isCurrent) {
        const places = { logsDir: store.logsDir, spill, nowMs: wallMs(), signal };
        const { executions, unreadable } = await reindex(index, places);
        for (const { path, reason } of unreadable.slice(0, UNREADABLE_NAMED))
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
