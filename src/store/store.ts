import type { Claim, Item } from "../frame/item.ts";
import type { SlotIdentity } from "../frame/slot-identity.ts";
import type { RefusedExecutions } from "../wire/discard.ts";
import type { UserMismatch } from "../wire/user-mismatch.ts";
import { failureCode } from "./disk/storage-error.ts";
import { recordOwners, repairAcls } from "./owner/acl-repair.ts";
import type { Owner, OwnerOfName } from "./owner/owner-lookup.ts";
import type { Removal, Removed } from "./removal/remover.ts";
import { createStoreParts, type StoreOptions, type StoreParts } from "./store-parts.ts";
import type { InUse } from "./table/in-use.ts";
import { type Loaded, LoadStoppedError } from "./table/load-in-turns.ts";
import type { Slot } from "./table/slot.ts";
import type { SlotTable } from "./table/slots.ts";
import { NO_WORK, workInSlices } from "./table/work-in-slices.ts";

type Outcome = "stored" | "unavailable";

/** Loading slice per turn: half of what others may wait for. Relays start while it loads. */
const LOADING_TURN_MS = 5;

/**
 * The writing half of the store: chunks into files, ends and beats into states, BEGINs into owners.
 *
 * A batch is stored in one turn, without waiting: acknowledged lines are written, and published lines can be read back.
 * Writing to the page cache costs less than handing a buffer to a thread.
 */
export class Store {
  readonly slots: SlotTable;
  readonly logsDir: string;
  /** Executions whose files are being read or rewritten. */
  readonly inUse: InUse;
  readonly #options: StoreOptions;
  readonly #parts: StoreParts;
  readonly #stopped = new AbortController();
  #loading = NO_WORK;

  constructor(options: StoreOptions) {
    this.#options = options;
    this.#parts = createStoreParts(options, async (kept, owner) =>
      (await this.claim(kept, owner)) === "stored" ? this.commit() : "unavailable",
    );
    this.slots = this.#parts.slots;
    this.logsDir = this.#parts.logsDir;
    this.inUse = this.#parts.inUse;
  }

  /** The clock that arrivals are noted by. */
  nowMs(): number {
    return this.#options.nowMs();
  }

  /** Why nothing can be stored now ("ENOSPC"), for `/healthz`. */
  get failure(): string | undefined {
    return this.#parts.alarm.failure;
  }

  /**
   * Starts judging states by the clock, and loading executions that were running when the collector stopped: in turns,
   * because ten thousand of them take seconds. One that a relay or a viewer asks for is loaded at once.
   */
  start(): void {
    this.#parts.remover.finish();
    this.#loading = workInSlices(this.#parts.indexDb.executions.open(), (row) => this.#loadOpen(row), LOADING_TURN_MS);
    this.#parts.housekeeping.start();
    const { log } = this.#options;
    void repairAcls({ records: this.#parts.records, logsDir: this.logsDir, log, signal: this.#stopped.signal });
  }

  /** Before `start`: records the owners of folders made by earlier versions. */
  async recordOwners(ownerOfName: OwnerOfName): Promise<void> {
    const { log } = this.#options;
    await recordOwners({ records: this.#parts.records, logsDir: this.logsDir, log, ownerOfName });
  }

  /** The id under which a user's executions are filed: the name, or `name~uid` if an earlier user had the name. */
  ownerId(user: { readonly name: string; readonly uid: number }): string {
    return this.#parts.records.idOf(user);
  }

  /** The uid of an owner's id; undefined if nothing was ever stored for it, or only nodes know the user. */
  ownerUid(id: string): number | undefined {
    return this.#parts.records.get(id)?.uid;
  }

  /** Uids that mean a different user on a node, since the start. */
  userMismatches(): UserMismatch[] {
    return this.#parts.mismatches.all();
  }

  /** An owner's executions that recently could not begin. */
  refusedOf(owner: string): RefusedExecutions | undefined {
    return this.#parts.accounts.of(owner).recentlyRefused(this.#options.nowMs());
  }

  slotFor(identity: SlotIdentity): Slot {
    return this.slots.get(identity);
  }

  /** While there is a reason, nothing is stored: relays wait, as on a full disk. Undefined: stores again. */
  holdBack(reason: string | undefined): void {
    this.#parts.alarm.heldBack = reason;
  }

  /**
   * Stores a batch; each chunk is published as soon as it is written, so that viewers can read back everything they
   * have seen. The stored part of a failed batch is known by its numbers: offered again, it counts as a duplicate.
   */
  store(items: readonly Item<Slot>[]): Outcome | Promise<Outcome> {
    if (this.#parts.alarm.heldBack !== undefined) return "unavailable";
    try {
      this.#parts.indexWriter.settle();
      for (const [i, item] of items.entries()) {
        const wait = this.#parts.itemWriter.apply(item);
        if (wait !== undefined) return wait.then(() => this.store(items.slice(i)));
      }
    } catch (error) {
      return this.#parts.alarm.failed(error);
    } finally {
      this.#parts.itemWriter.count();
    }
    return this.#sync();
  }

  /** Makes claims and stored data outlive the process; if `durable`, a power cut as well. */
  commit(): Outcome | Promise<Outcome> {
    if (this.#parts.indexWriter.isSettled && this.#parts.files.areSynced) return "stored";
    try {
      this.#parts.indexWriter.settle();
    } catch (error) {
      return this.#parts.alarm.failed(error);
    }
    return this.#sync();
  }

  #sync(): Outcome | Promise<Outcome> {
    if (this.#parts.files.areSynced) return this.#parts.alarm.works();
    return this.#parts.files.sync().then(
      () => this.#parts.alarm.works(),
      (error) => this.#parts.alarm.failed(error),
    );
  }

  /**
   * Binds an identity to its owner, and stores its waiting items. The claim outlives the process with the next batch.
   *
   * @param owner If known.
   */
  async claim(claim: Claim, owner?: Owner): Promise<Outcome> {
    if (this.#parts.alarm.heldBack !== undefined) return "unavailable";
    try {
      const slot = await this.#parts.claims.bind(claim, owner);
      if (slot === "hold") return "unavailable";
      if (slot !== undefined && "later" in slot) {
        this.#parts.waiting.claimAfter(slot.later, claim);
        return this.#parts.alarm.works();
      }
      if (slot?.execution === undefined) {
        this.#parts.itemWriter.dropRefused(this.slots.get(claim.identity));
        return "stored";
      }
      const unquarantined = this.#parts.itemWriter.unquarantine(slot, slot.execution);
      this.#options.publisher.changed(slot.execution);
      await unquarantined;
      return this.#parts.alarm.works();
    } catch (error) {
      return this.#parts.alarm.failed(error);
    }
  }

  /**
   * Deletes an execution for good; anything of it that arrives later is acknowledged and discarded. A running one
   * stays. Rejects with file system errors.
   */
  remove(identity: SlotIdentity): Promise<"removed" | "running" | "missing"> {
    return this.#parts.remover.remove(identity);
  }

  /** Deletes a batch for good, except those running or in use. Returns each result. Rejects with file system errors. */
  removeUnused(batch: readonly Removal[]): Promise<Removed[]> {
    return this.#parts.remover.removeUnused(batch);
  }

  /** Closes all descriptors: the next line reopens its file (log rotation by others, SIGHUP). */
  reopen(): void {
    this.#parts.files.closeAll();
  }

  /** Updates the states in the index for a query that uses it: of one owner, or all. */
  async indexStates(owner: string | undefined): Promise<void> {
    await this.#parts.indexWriter.flushStates(owner).catch((error) => this.#parts.alarm.failed(error));
  }

  /** Writes pending rows to the index and closes the files. Nothing may be stored afterwards. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#loading.stop();
    this.slots.stop();
    await this.#parts.housekeeping.stop();
    this.#trying(() => {
      this.#parts.indexWriter.settle();
      this.#parts.indexWriter.flush();
    });
    this.#parts.files.closeAll();
  }

  /** On failure the index is slightly old, which is better than no answer; its rows are marked as open. */
  #trying(bringUpToDate: () => void): void {
    try {
      bringUpToDate();
    } catch (error) {
      this.#parts.alarm.failed(error);
    }
  }

  /** An execution that was running: its files are authoritative, not the index's row. */
  #loadOpen(row: SlotIdentity): void | Promise<void> {
    const slot = this.slots.get(row);
    const loaded = (execution: Loaded): void => {
      if (execution === undefined) return;
      this.#parts.indexWriter.touch(slot);
      // The collector ended between its last line and the merge.
      this.#parts.merges.consider(execution);
    };
    const failed = (error: unknown): void => {
      if (error instanceof LoadStoppedError) return;
      const { node, x } = row;
      this.#options.log.event("error", "cannot load an execution", { node, x, error: failureCode(error) });
    };
    try {
      const execution = this.slots.load(slot);
      if (execution instanceof Promise) return execution.then(loaded).catch(failed);
      loaded(execution);
    } catch (error) {
      failed(error);
    }
  }
}
