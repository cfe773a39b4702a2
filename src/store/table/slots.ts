import { join } from "node:path";
import type { SlotIdentity } from "../../frame/slot-identity.ts";
import type { Log } from "../../host/log.ts";
import type { ExecutionState } from "../../wire/api.ts";
import { failureCode, messageOf } from "../disk/storage-error.ts";
import { loadExecution } from "../execution/load-execution.ts";
import type { StoredExecution } from "../execution/stored-execution.ts";
import type { IndexDb } from "../index/index-db.ts";
import type { IntervalSpill } from "../numbers/spilling-intervals.ts";
import type { Refusal } from "../owner/owner-account.ts";
import type { OwnerAccounts } from "../owner/owner-accounts.ts";

/** Where an execution's files are, whose, and what they take. */
interface Unloaded {
  readonly base: string;
  readonly owner: string;
  readonly diskBytes: number;
}

/** One (node, x, hash of key): bound to an execution, or without an owner yet. */
export interface Slot {
  readonly identity: SlotIdentity;
  /** Set once loaded; `SlotTable.load` is how to get it. */
  execution: StoredExecution | undefined;
  /** Whether the index was asked; `SlotTable.load` does it, and what follows holds from then on. */
  isLookedUp: boolean;
  /** What the index says of its files, until they are loaded. */
  unloaded: Unloaded | undefined;
  /** The index says that the files may be ahead of its row. */
  isOpenInIndex: boolean;
  /** What a question for running or failed ones finds. */
  stateInIndex: ExecutionState | undefined;
  /** Forgotten by the table: whoever still holds it must look the identity up again. */
  isRetired: boolean;
  /** Its owner or an administrator deleted it: what comes again is thrown away. */
  isDeleted: boolean;
  /** Its BEGIN was refused for a limit of its owner: its lines up to `lastN` were thrown away. */
  refused: { readonly refusal: Refusal; lastN: number } | undefined;
  usedAtMs: number;
}

/** Slots in memory; beyond it, those that wait for nothing are forgotten sooner. */
const MAX_SLOTS = 65_536;
const IDLE_AFTER_MS = 60_000;
/** Longer than whoever asks for pages needs for one. */
const IDLE_IN_CROWD_AFTER_MS = 1_000;

export interface SlotTableOptions {
  readonly index: IndexDb;
  readonly logsDir: string;
  readonly durable: boolean;
  readonly spill: IntervalSpill;
  readonly accounts: OwnerAccounts;
  readonly log: Log;
  readonly nowMs: () => number;
}

/**
 * The one place that turns an identity into its execution: two objects for one file would number its lines twice.
 * Executions are loaded when something is asked or said of them, and forgotten when they are done and idle.
 */
export class SlotTable {
  readonly #slots = new Map<string, Slot>();
  readonly #options: SlotTableOptions;

  constructor(options: SlotTableOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#slots.size;
  }

  values(): IterableIterator<Slot> {
    return this.#slots.values();
  }

  /** The slot of an identity, its execution not yet loaded. Never throws: whoever receives a frame may call it. */
  get(identity: SlotIdentity): Slot {
    const name = nameOf(identity.node, identity.x, identity.keyHash);
    const known = this.#slots.get(name);
    if (known !== undefined) {
      known.usedAtMs = this.#options.nowMs();
      return known;
    }
    const slot: Slot = {
      identity: { node: identity.node, x: identity.x, keyHash: identity.keyHash },
      execution: undefined,
      isLookedUp: false,
      unloaded: undefined,
      isOpenInIndex: false,
      stateInIndex: undefined,
      isRetired: false,
      isDeleted: false,
      refused: undefined,
      usedAtMs: this.#options.nowMs(),
    };
    this.#slots.set(name, slot);
    return slot;
  }

  /** The execution of an identity, when it is in memory. */
  known({ node, x, keyHash }: SlotIdentity): StoredExecution | undefined {
    return this.#slots.get(nameOf(node, x, keyHash))?.execution;
  }

  /**
   * The execution of a slot, read from its files at the first call; undefined, too, when somebody has removed them.
   * Throws what SQLite or the file system throws.
   */
  load(slot: Slot): StoredExecution | undefined {
    if (!slot.isLookedUp) this.#lookUp(slot);
    const { unloaded } = slot;
    if (unloaded !== undefined) {
      const { accounts } = this.#options;
      const execution = this.#read(slot, unloaded);
      slot.execution = execution;
      slot.unloaded = undefined;
      if (execution !== undefined) {
        execution.accountedBytes = unloaded.diskBytes;
        accounts.of(execution.owner).settle(execution);
        if (execution.diskBytes !== unloaded.diskBytes) this.#mendRow(slot, execution, unloaded.base);
      }
    }
    return slot.execution;
  }

  #lookUp(slot: Slot): void {
    const { index } = this.#options;
    const row = index.find(slot.identity);
    slot.isDeleted = row === undefined && index.isDeleted(slot.identity);
    slot.unloaded =
      row === undefined ? undefined : { base: row.base, owner: row.execution.owner, diskBytes: row.diskBytes };
    slot.isOpenInIndex = row?.isOpen ?? false;
    slot.stateInIndex = row?.execution.state;
    slot.isLookedUp = true;
  }

  #read(slot: Slot, { base, owner, diskBytes }: Unloaded): StoredExecution | undefined {
    const { index, logsDir, durable, spill, accounts, log, nowMs } = this.#options;
    try {
      return loadExecution(join(logsDir, base), { durable, spill, nowMs: nowMs() });
    } catch (error) {
      if (failureCode(error) !== "ENOENT") throw error;
      const account = accounts.of(owner);
      index.forget(slot.identity);
      account.remove({ accountedBytes: diskBytes });
      slot.isOpenInIndex = false;
      slot.stateInIndex = undefined;
      log.event("warning", "an execution whose files were removed is forgotten", { base, error: messageOf(error) });
      return undefined;
    }
  }

  /** The files are not what the row says (a crash): the next one to load them must not find the difference again. */
  #mendRow({ identity, isOpenInIndex }: Slot, execution: StoredExecution, base: string): void {
    const { diskBytes, isSettled } = execution;
    const isOpen = isOpenInIndex || !isSettled;
    try {
      this.#options.index.put([{ ...identity, base, execution: execution.summary(), isOpen, diskBytes }]);
    } catch {
      // The execution can be read all the same; its next line writes the row.
    }
  }

  /** Forgets one at once; its identity is looked up again by whoever still holds the slot. */
  drop(slot: Slot): void {
    const { node, x, keyHash } = slot.identity;
    this.#slots.delete(nameOf(node, x, keyHash));
    slot.isRetired = true;
    slot.execution?.release();
    slot.execution = undefined;
  }

  /**
   * Forgets slots that are unused for long enough and whose execution, if any, is closed in the index. Called every so
   * often; whoever does it closes the files of the executions that are returned.
   */
  forgetIdle(): StoredExecution[] {
    const forgotten: StoredExecution[] = [];
    const idleMs = this.#slots.size > MAX_SLOTS ? IDLE_IN_CROWD_AFTER_MS : IDLE_AFTER_MS;
    const usedBeforeMs = this.#options.nowMs() - idleMs;
    for (const [name, slot] of this.#slots) {
      if (slot.isOpenInIndex || slot.usedAtMs > usedBeforeMs) continue;
      this.#slots.delete(name);
      slot.isRetired = true;
      if (slot.execution !== undefined) forgotten.push(slot.execution);
      slot.execution?.release();
      slot.execution = undefined;
    }
    return forgotten;
  }
}

function nameOf(node: string, x: string, keyHash: string): string {
  return `${node}/${x}/${keyHash}`;
}
