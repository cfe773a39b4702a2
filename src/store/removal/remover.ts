import { rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import type { SlotIdentity } from "../../frame/slot-identity.ts";
import type { Log } from "../../host/log.ts";
import type { OpenFiles } from "../disk/open-files.ts";
import { isPoison, messageOf } from "../disk/storage-error.ts";
import type { LateMerges } from "../execution/late-merges.ts";
import type { IndexDb } from "../index/index-db.ts";
import type { OwnerAccounts } from "../owner/owner-accounts.ts";
import type { Quarantine } from "../quarantine/quarantine.ts";
import { basePath, type IndexWriter } from "../table/index-writer.ts";
import type { SlotTable } from "../table/slots.ts";
import type { Tombstones } from "./tombstones.ts";

/** The sidecar goes last: without it a log has no owner. */
const ENDINGS = [".log", ".late.log", ".log.new", ".meta.new", ".meta"];

export interface RemoverOptions {
  readonly slots: SlotTable;
  readonly indexDb: IndexDb;
  readonly indexWriter: IndexWriter;
  readonly files: OpenFiles;
  readonly merges: LateMerges;
  readonly quarantine: Quarantine;
  readonly accounts: OwnerAccounts;
  readonly tombstones: Tombstones;
  readonly logsDir: string;
  readonly log: Log;
  readonly nowMs: () => number;
}

/**
 * Deletes executions for good: first a tombstone, then the files, then the row of the index. After a kill in between,
 * the next start continues from the tombstone.
 */
export class Remover {
  readonly #options: RemoverOptions;

  constructor(options: RemoverOptions) {
    this.#options = options;
  }

  /** The caller has checked that it may be deleted. Rejects with file system errors. */
  async remove(identity: SlotIdentity): Promise<"removed" | "running" | "missing"> {
    const { slots, files, merges, quarantine, accounts, tombstones, indexWriter, nowMs } = this.#options;
    const known = slots.known(identity);
    if (known !== undefined) await merges.cancel(known);
    const slot = slots.get(identity);
    const execution = slots.load(slot);
    if (execution === undefined) return "missing";
    if (execution.isOpen) return "running";
    const base = basePath(execution.facts);
    const tombstone = { ...slot.identity, base, deletedAtMs: nowMs() };
    try {
      tombstones.add(tombstone);
    } catch (error) {
      if (isPoison(error)) throw error;
      // A full disk: make room first, as the deletion is meant to.
      for (const log of [execution.logs.main, execution.logs.late]) if (log !== undefined) truncateSync(log.path, 0);
      tombstones.add(tombstone);
    }
    files.retire(execution.logs.main);
    if (execution.logs.late !== undefined) files.retire(execution.logs.late);
    this.#erase(slot.identity, base, nowMs());
    indexWriter.forget(slot);
    accounts.of(execution.owner).remove(execution);
    quarantine.remove(slot.identity);
    slots.drop(slot);
    return "removed";
  }

  /** Completes deletions interrupted by a crash, before anything is loaded. One that fails stays. */
  finish(): void {
    const { indexDb, tombstones, log } = this.#options;
    for (const tombstone of tombstones.latest()) {
      if (indexDb.isDeleted(tombstone)) continue;
      const { node, x, base, deletedAtMs } = tombstone;
      try {
        this.#erase(tombstone, base, deletedAtMs);
      } catch (error) {
        log.event("error", "cannot finish a deletion", { node, x, error: messageOf(error) });
      }
    }
  }

  /** Forgets tombstones older than anything that may be replayed. */
  expire(nowMs: number): void {
    const { indexDb, tombstones } = this.#options;
    indexDb.forgetDeleted(tombstones.expire(nowMs));
  }

  #erase(identity: SlotIdentity, base: string, deletedAtMs: number): void {
    const { indexDb, logsDir } = this.#options;
    for (const ending of ENDINGS) rmSync(join(logsDir, `${base}${ending}`), { force: true });
    indexDb.remove(identity, deletedAtMs);
  }
}
