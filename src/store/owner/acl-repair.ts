import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "../../host/log.ts";
import { ownerFolder } from "../disk/log-path.ts";
import { failureCode, messageOf } from "../disk/storage-error.ts";
import { letRead, letReadTree, readersOf } from "./acl.ts";
import type { OwnerOfName } from "./owner-lookup.ts";
import type { OwnerRecord, OwnerRecords } from "./owner-records.ts";

/** Folders per call of getfacl, so that they fit on its command line. */
const FOLDERS_AT_ONCE = 500;

interface AclRepairOptions {
  readonly records: OwnerRecords;
  readonly logsDir: string;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/**
 * Records the owners of folders made by earlier versions: the user named by the ACL, else the user who has the name
 * now. Runs before the first request: from then on a name alone is not enough.
 */
export async function recordOwners(
  options: Omit<AclRepairOptions, "signal"> & { readonly ownerOfName: OwnerOfName },
): Promise<void> {
  const { records, logsDir, log, ownerOfName } = options;
  const folders = [...records.foldersWithout];
  for (let at = 0; at < folders.length; at += FOLDERS_AT_ONCE) {
    const some = folders.slice(at, at + FOLDERS_AT_ONCE);
    const readers = await readersOf(some.map((folder) => join(logsDir, folder))).catch(() => new Map());
    for (const folder of some) {
      const name = userOf(folder);
      if (name === undefined) continue;
      const [reader] = readers.get(join(logsDir, folder)) ?? [];
      const uid = reader ?? (await ownerOfName(name));
      try {
        records.put({ id: name, name, uid, isReadable: false });
      } catch (error) {
        log.event("error", "cannot record the owner of a folder", { folder, error: messageOf(error) });
      }
    }
  }
}

/**
 * Gives users access to lines stored while setfacl was missing or failed: day by day, one process at a time, beside the
 * live work. A complete folder is never examined again.
 */
export async function repairAcls({ records, log, signal }: AclRepairOptions): Promise<void> {
  for (const record of [...records.values()]) {
    if (record.isReadable) continue;
    try {
      if (record.uid !== undefined && record.uid !== process.getuid?.()) await repair(record, records, signal);
      if (signal.aborted) return;
      records.put({ ...record, isReadable: true });
    } catch (error) {
      log.event("error", "a user cannot read all of the logs", { folder: record.id, error: messageOf(error) });
      // No setfacl: it would fail for the others as well.
      if (failureCode(error) === "ENOENT") return;
    }
  }
}

async function repair({ id, uid = 0 }: OwnerRecord, records: OwnerRecords, signal: AbortSignal): Promise<void> {
  const path = records.pathOf(id);
  await letRead(path, uid);
  const days = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (let at = 0; at < days.length && !signal.aborted; at += FOLDERS_AT_ONCE) {
    const some = days.slice(at, at + FOLDERS_AT_ONCE).map(({ name }) => join(path, name));
    for (const [day, readers] of await readersOf(some)) {
      if (!readers.includes(uid) && !signal.aborted) await letReadTree(day, uid);
    }
  }
}

/** The user that a folder's name stands for; undefined if the name was too long for one. */
function userOf(folder: string): string | undefined {
  try {
    const name = decodeURIComponent(folder);
    return ownerFolder(name) === folder ? name : undefined;
  } catch {
    return undefined;
  }
}
