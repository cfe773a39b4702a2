import { join } from "node:path";
import type { SlotIdentity } from "../../frame/slot-identity.ts";
import type { Log } from "../../host/log.ts";
import { LoopTurns } from "../../host/loop-turns.ts";
import { failureCode, messageOf } from "../disk/storage-error.ts";
import { type Loading, loadingExecution } from "../execution/load-execution.ts";
import type { StoredExecution } from "../execution/stored-execution.ts";
import type { IndexDb } from "../index/index-db.ts";
import type { IntervalSpill } from "../numbers/spilling-intervals.ts";
import type { OwnerAccounts } from "../owner/owner-accounts.ts";
import { type Loaded, LoadStoppedError, loadInTurns, loadSome } from "./load-in-turns.ts";
import { Slot, type Unloaded } from "./slot.ts";

/** Slots in memory; above this, idle ones are forgotten sooner. */
const MAX_SLOTS = 65_536;
const IDLE_AFTER_MS = 60_000;
/** Idle time in a crowd; longer than a viewer takes between two pages. */
const IDLE_IN_CROWD_AFTER_MS = 1_000;
/** Steps of a load made at once: nearly all executions take fewer, and then load without waiting. */
const STEPS_AT_ONCE = 8;

interface SlotTableOptions {
  readonly indexDb: IndexDb;
  readonly logsDir: string;
  readonly durable: boolean;
  readonly spill: IntervalSpill;
  readonly accounts: OwnerAccounts;
  readonly log: Log;
  readonly nowMs: () => number;
}

/**
 * The only place that turns an identity into its execution: two objects for one file would number its lines twice.
 * Executions are loaded when first needed, and forgotten once they are done and idle.
 */
export class SlotTable {
  readonly #slots = new Map<string, Slot>();
  readonly #options: SlotTableOptions;
  readonly #turns = new LoopTurns();
  readonly #loading = new Map<Slot, Promise<Loaded>>();
  #isStopped = false;

  constructor(options: SlotTableOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#slots.size;
  }

  values(): IterableIterator<Slot> {
    return this.#slots.values();
  }

  /** The slot of an identity, its execution not yet loaded. Never throws: called for each frame. */
  get(identity: SlotIdentity): Slot {
    const name = nameOf(identity.node, identity.x, identity.keyHash);
    const known = this.#slots.get(name);
    if (known !== undefined) {
      known.usedAtMs = this.#options.nowMs();
      return known;
    }
    const slot = new Slot(identity, this.#options.nowMs());
    this.#slots.set(name, slot);
    return slot;
  }

  /** The execution of an identity, if it is in memory. */
  known({ node, x, keyHash }: SlotIdentity): StoredExecution | undefined {
    return this.#slots.get(nameOf(node, x, keyHash))?.execution;
  }

  /** Whether nothing is known of an execution but its row: it is not in memory, and not being deleted. */
  isAsIndexed({ node, x, keyHash }: SlotIdentity): boolean {
    const is = this.#slots.get(nameOf(node, x, keyHash))?.is ?? "unknown";
    return is === "unknown" || is === "unloaded";
  }

  /**
   * The execution of a slot, read from its files at the first call; undefined also if these were removed. One in great
   * disorder takes seconds: then it is a promise, and others get their turns. Throws, or rejects with, SQLite and
   * file system errors.
   */
  load(slot: Slot): Loaded | Promise<Loaded> {
    if (slot.is === "unknown") this.#lookUp(slot);
    const { unloaded } = slot;
    if (unloaded === undefined) return slot.execution;
    return this.#loading.get(slot) ?? this.#read(slot, unloaded);
  }

  /** Loads under way reject with a LoadStoppedError. */
  stop(): void {
    this.#isStopped = true;
  }

  #lookUp(slot: Slot): void {
    const { indexDb } = this.#options;
    const row = indexDb.find(slot.identity);
    if (row === undefined) {
      slot.notFound({ isDeleted: indexDb.isDeleted(slot.identity) });
      return;
    }
    slot.found({ base: row.base, owner: row.owner, diskBytes: row.diskBytes }, row);
  }

  #read(slot: Slot, unloaded: Unloaded): Loaded | Promise<Loaded> {
    const { logsDir, durable, spill, nowMs } = this.#options;
    const steps = loadingExecution(join(logsDir, unloaded.base), { durable, spill, nowMs: nowMs() });
    try {
      const step = loadSome(steps, STEPS_AT_ONCE);
      if (step.done === true) return this.#loaded(slot, unloaded, step.value);
    } catch (error) {
      return this.#unreadable(slot, unloaded, error);
    }
    const loading = this.#readInTurns(slot, unloaded, steps);
    this.#loading.set(slot, loading);
    return loading;
  }

  async #readInTurns(slot: Slot, unloaded: Unloaded, steps: Loading): Promise<Loaded> {
    try {
      const execution = await loadInTurns(steps, { turns: this.#turns, isStopped: () => this.#isStopped });
      if (!this.#isStopped) return this.#loaded(slot, unloaded, execution);
      execution?.release();
      throw new LoadStoppedError();
    } catch (error) {
      return this.#unreadable(slot, unloaded, error);
    } finally {
      this.#loading.delete(slot);
    }
  }

  #loaded(slot: Slot, unloaded: Unloaded, execution: Loaded): Loaded {
    // It was deleted meanwhile.
    if (slot.unloaded !== unloaded) execution?.release();
    // Its sidecar has no readable BEGIN.
    else if (execution === undefined) slot.unload();
    else {
      slot.load(execution);
      execution.accountedBytes = unloaded.diskBytes;
      this.#options.accounts.of(execution.owner).settle(execution);
      if (execution.diskBytes !== unloaded.diskBytes) this.#mendRow(slot, execution, unloaded.base);
    }
    return slot.execution;
  }

  #unreadable(slot: Slot, unloaded: Unloaded, error: unknown): undefined {
    // It was deleted meanwhile.
    if (slot.unloaded !== unloaded) return;
    if (failureCode(error) !== "ENOENT") throw error;
    const { indexDb, accounts, log } = this.#options;
    const { base, owner, diskBytes } = unloaded;
    const account = accounts.of(owner);
    indexDb.forget(slot.identity);
    account.remove({ accountedBytes: diskBytes });
    slot.unload();
    log.event("warning", "forgot an execution whose files were removed", { base, error: messageOf(error) });
  }

  /**
   * The files differ from the row after a crash: corrects it, so that the next load does not find the difference again.
   */
  #mendRow({ identity, isOpenInIndex }: Slot, execution: StoredExecution, base: string): void {
    const { hasRun, overAt, diskBytes, isSettled } = execution;
    const isOpen = isOpenInIndex || !isSettled;
    const summary = execution.summary();
    try {
      this.#options.indexDb.put([{ ...identity, base, execution: summary, hasRun, overAt, isOpen, diskBytes }]);
    } catch {
      // The execution is readable nevertheless; its next line writes the row.
    }
  }

  /** Forgets a slot at once; its holders must look the identity up again. */
  drop(slot: Slot): void {
    const { node, x, keyHash } = slot.identity;
    this.#slots.delete(nameOf(node, x, keyHash));
    slot.retire();
  }

  /**
   * Forgets slots that are idle long enough and whose execution, if any, is closed in the index. Called periodically;
   * the caller closes the files of the returned executions.
   */
  forgetIdle(): StoredExecution[] {
    const forgotten: StoredExecution[] = [];
    const idleMs = this.#slots.size > MAX_SLOTS ? IDLE_IN_CROWD_AFTER_MS : IDLE_AFTER_MS;
    const usedBeforeMs = this.#options.nowMs() - idleMs;
    for (const [name, slot] of this.#slots) {
      if (slot.isOpenInIndex || slot.usedAtMs > usedBeforeMs || this.#loading.has(slot)) continue;
      this.#slots.delete(name);
      const execution = slot.retire();
      if (execution !== undefined) forgotten.push(execution);
    }
    return forgotten;
  }
}

function nameOf(node: string, x: string, keyHash: string): string {
  return `${node}/${x}/${keyHash}`;
}
