import type { SlotIdentity } from "../../frame/slot-identity.ts";
import type { Log } from "../../host/log.ts";
import { LoopTurns } from "../../host/loop-turns.ts";
import type { OpenFiles } from "../disk/open-files.ts";
import type { Reserve } from "../disk/reserve.ts";
import { isPoison, messageOf } from "../disk/storage-error.ts";
import type { LateMerges } from "../execution/late-merges.ts";
import type { IndexDb } from "../index/index-db.ts";
import type { OwnerAccounts } from "../owner/owner-accounts.ts";
import type { Quarantine } from "../quarantine/quarantine.ts";
import type { Sealer } from "../sealing/sealer.ts";
import type { InUse } from "../table/in-use.ts";
import { basePath, type IndexWriter } from "../table/index-writer.ts";
import type { SlotTable } from "../table/slots.ts";
import { emptyLogs, eraseFiles, eraseFilesNow } from "./erase-files.ts";
import type { Tombstones } from "./tombstones.ts";

/** Rows per commit of the index, which takes about 10 ms in one turn. */
const ROWS_A_COMMIT = 256;
/** Rows removed in one turn: with their totals and sixteen indexes they take about 3 ms. */
const ROWS_A_TURN = 32;

/** An execution to delete, as the index has it. */
export interface Removal extends SlotIdentity {
  readonly base: string;
  readonly owner: string;
  readonly diskBytes: number;
}

/** `used`: its files are being read or rewritten. An Error is the file system's. */
export type Removed = "removed" | "running" | "used" | "missing" | Error;

interface RemoverOptions {
  readonly slots: SlotTable;
  readonly indexDb: IndexDb;
  readonly indexWriter: IndexWriter;
  readonly files: OpenFiles;
  readonly merges: LateMerges;
  readonly sealer: Sealer | undefined;
  readonly quarantine: Quarantine;
  readonly accounts: OwnerAccounts;
  readonly tombstones: Tombstones;
  readonly inUse: InUse;
  readonly reserve: Reserve;
  readonly logsDir: string;
  readonly log: Log;
  readonly nowMs: () => number;
}

/**
 * Deletes executions for good, a batch at a time: first their tombstones, with one sync, then the files, then the rows
 * of the index. From the first moment nothing can be read or added. After a kill in between, the next start continues
 * from the tombstones.
 */
export class Remover {
  readonly #options: RemoverOptions;
  readonly #turns = new LoopTurns();
  /** Rows of executions whose files are gone: a full disk kept the index from following. */
  #rowsLeft: { readonly removal: Removal; readonly deletedAtMs: number }[] = [];

  constructor(options: RemoverOptions) {
    this.#options = options;
  }

  /** Deletes at a permitted user's request: cancels merges and ignores readers. Rejects with file system errors. */
  async remove(identity: SlotIdentity): Promise<"removed" | "running" | "missing"> {
    const { slots, merges, sealer } = this.#options;
    const loaded = await slots.load(slots.get(identity));
    if (loaded === undefined) return "missing";
    await merges.cancel(loaded);
    await sealer?.cancel(loaded);
    // Meanwhile it may have been deleted, received lines, or been unloaded as idle.
    const execution = await slots.load(slots.get(identity));
    if (execution === undefined) return "missing";
    if (execution.isOpen) return "running";
    const { owner, facts, accountedBytes: diskBytes } = execution;
    const [removed = "missing"] = await this.#removeNow([{ ...identity, base: basePath(facts), owner, diskBytes }]);
    if (removed instanceof Error) throw removed;
    return removed === "used" ? "running" : removed;
  }

  /** Deletes those not in use. Returns the result of each, in order. Rejects if no tombstone can be written. */
  async removeUnused(batch: readonly Removal[]): Promise<Removed[]> {
    const results: Removed[] = batch.map((removal) => this.#mayGo(removal));
    const going = batch.filter((_, i) => results[i] === "removed");
    const gone = await this.#removeNow(going);
    return results.map((result) => (result === "removed" ? (gone.shift() ?? "missing") : result));
  }

  /** Completes deletions interrupted by a crash, before anything is loaded. One that fails stays. */
  finish(): void {
    const { indexDb, tombstones, logsDir, log } = this.#options;
    for (const tombstone of tombstones.latest()) {
      if (indexDb.isDeleted(tombstone)) continue;
      const { node, x, deletedAtMs } = tombstone;
      try {
        eraseFilesNow(logsDir, tombstone);
        indexDb.remove([tombstone], deletedAtMs);
      } catch (error) {
        log.event("error", "cannot finish a deletion", { node, x, error: messageOf(error) });
      }
    }
  }

  /** Removes rows that the index could not remove at first. Throws its error if it still cannot. */
  settle(): void {
    const [first] = this.#rowsLeft;
    if (first === undefined) return;
    this.#eraseRow(first);
    this.#rowsLeft.shift();
  }

  /** Forgets tombstones older than anything that may be replayed, and sets space aside again. */
  expire(nowMs: number): void {
    const { indexDb, tombstones, reserve, log } = this.#options;
    const failure = reserve.make();
    if (failure !== undefined) log.event("warning", "cannot set space aside for deletions", { error: failure });
    indexDb.forgetDeleted(tombstones.expire(nowMs));
  }

  #mayGo(identity: SlotIdentity): Removed {
    const { slots, inUse } = this.#options;
    const execution = slots.known(identity);
    if (execution?.isOpen === true) return "running";
    return execution?.isMergeDue === true || inUse.has(identity) ? "used" : "removed";
  }

  async #removeNow(batch: readonly Removal[]): Promise<Removed[]> {
    const { slots, indexWriter, files, accounts, nowMs } = this.#options;
    const going = batch.filter((removal) => slots.get(removal).is !== "deleted");
    if (going.length === 0) return batch.map(() => "missing");
    for (const removal of going) {
      const slot = slots.get(removal);
      const execution = slot.remove();
      indexWriter.forget(slot);
      for (const log of [execution?.logs.main, execution?.logs.late]) if (log !== undefined) files.retire(log);
      accounts.of(removal.owner).remove({ accountedBytes: execution?.accountedBytes ?? removal.diskBytes });
    }
    const deletedAtMs = nowMs();
    try {
      await this.#bury(going, deletedAtMs);
    } catch (error) {
      for (const removal of going) slots.drop(slots.get(removal));
      throw error;
    }
    const failed = new Map<Removal, Error>();
    for (let at = 0; at < going.length; at += ROWS_A_COMMIT) {
      const step = going.slice(at, at + ROWS_A_COMMIT);
      const stay = await eraseFiles(this.#options.logsDir, step);
      for (const [removal, error] of stay) failed.set(removal, error);
      await this.#eraseRows(
        step.filter((removal) => !stay.has(removal)),
        deletedAtMs,
      );
    }
    for (const removal of failed.keys()) slots.drop(slots.get(removal));
    const gone = new Set(going);
    return batch.map((removal) => (gone.has(removal) ? (failed.get(removal) ?? "removed") : "missing"));
  }

  async #bury(going: readonly Removal[], deletedAtMs: number): Promise<void> {
    const { tombstones, reserve, logsDir } = this.#options;
    const added = going.map(({ node, x, keyHash, base }) => ({ node, x, keyHash, base, deletedAtMs }));
    try {
      await tombstones.addSoon(added);
      return;
    } catch (error) {
      if (isPoison(error)) throw error;
    }
    // On a full disk, uses the reserved space at once, before others take it.
    try {
      if (reserve.spend()) return tombstones.add(...added);
    } catch (error) {
      if (isPoison(error)) throw error;
    }
    // The deletion itself makes room.
    emptyLogs(logsDir, going);
    tombstones.add(...added);
  }

  async #eraseRows(going: readonly Removal[], deletedAtMs: number): Promise<void> {
    const { indexDb, log } = this.#options;
    try {
      for (let at = 0; at < going.length; at += ROWS_A_TURN) {
        const step = going.slice(at, at + ROWS_A_TURN);
        await this.#turns.run(async () => indexDb.removeSoon(step, deletedAtMs));
      }
      await this.#turns.run(async () => indexDb.commit());
    } catch (error) {
      log.event("warning", "deleted executions are listed until the index can follow", { error: messageOf(error) });
    }
    // On a full disk SQLite rolls back a whole transaction, including the other rows in it.
    for (const removal of going) {
      if (indexDb.isDeleted(removal)) this.#forget(removal);
      else this.#rowsLeft.push({ removal, deletedAtMs });
    }
  }

  #eraseRow({ removal, deletedAtMs }: { removal: Removal; deletedAtMs: number }): void {
    this.#options.indexDb.remove([removal], deletedAtMs);
    this.#forget(removal);
  }

  /** Later frames of it find the tombstone in the index. */
  #forget(removal: Removal): void {
    const { slots, quarantine } = this.#options;
    quarantine.remove(removal);
    slots.drop(slots.get(removal));
  }
}
