import type { Metrics } from "../host/metrics.ts";
import { freeBytes } from "./disk/free-bytes.ts";
import type { OpenFiles } from "./disk/open-files.ts";
import type { StorageAlarm } from "./disk/storage-alarm.ts";
import type { OwnerLookup } from "./owner/owner-lookup.ts";
import type { UserMismatches } from "./owner/user-mismatches.ts";
import type { Quarantine } from "./quarantine/quarantine.ts";
import type { SlotTable } from "./table/slots.ts";

/** Shows in `/metrics` how full the store is. */
export function addStoreGauges(
  metrics: Metrics,
  of: {
    readonly files: OpenFiles;
    readonly slots: SlotTable;
    readonly mismatches: UserMismatches;
    readonly quarantine: Quarantine;
    readonly owners: OwnerLookup;
    readonly alarm: StorageAlarm;
    readonly logsDir: string;
  },
): void {
  const { files, slots, mismatches, quarantine, owners, alarm, logsDir } = of;
  metrics.gauge("ml_store_open_files", "Logs held open for writing", () => files.count);
  metrics.gauge("ml_store_executions", "Executions in memory", () => slots.size);
  metrics.gauge("ml_store_failing", "1 while nothing can be stored", () => (alarm.failure === undefined ? 0 : 1));
  metrics.gauge("ml_store_owner_lookups", "Uids being looked up in the user directory", () => owners.waiting);
  metrics.gauge("ml_quarantine_begins", "BEGINs whose uid the user directory has not named", () => quarantine.waiting);
  metrics.gauge("ml_quarantine_bytes", "Bytes of frames without an owner", () => quarantine.bytes);
  metrics.gauge(
    "ml_store_user_mismatches",
    "Uids that mean another user on a node than here, since the start",
    () => mismatches.size,
  );
  metrics.gauge("ml_disk_free_bytes", "Free space for the service in the file system of the data folder", () =>
    freeBytes(logsDir),
  );
}
