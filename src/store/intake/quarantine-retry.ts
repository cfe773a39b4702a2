import { setImmediate as nextTurn } from "node:timers/promises";
import { failureCode, isPoison } from "../disk/storage-error.ts";
import type { IndexDb } from "../index/index-db.ts";
import type { Quarantine } from "../quarantine/quarantine.ts";
import type { StoreMetrics } from "../store-metrics.ts";
import type { SlotTable } from "../table/slots.ts";
import type { ItemWriter } from "./item-writer.ts";

const RETRY_EVERY_MS = 600_000;

interface QuarantineRetryOptions {
  readonly quarantine: Quarantine;
  readonly indexDb: IndexDb;
  readonly slots: SlotTable;
  readonly itemWriter: ItemWriter;
  readonly metrics: StoreMetrics;
  readonly nowMs: () => number;
}

/**
 * Stores quarantined items whose execution is known: its files could not be written. They may be repaired by now, and
 * no further BEGIN need arrive.
 */
export class QuarantineRetry {
  readonly #options: QuarantineRetryOptions;
  #retryAtMs = 0;
  #retrying: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: QuarantineRetryOptions) {
    this.#options = options;
  }

  /** Called periodically. Rejects with the error if nothing can be stored. */
  async consider(): Promise<void> {
    const nowMs = this.#options.nowMs();
    if (this.#retrying !== undefined || nowMs < this.#retryAtMs) return;
    this.#retryAtMs = nowMs + RETRY_EVERY_MS;
    this.#retrying = this.#retry();
    try {
      await this.#retrying;
    } finally {
      this.#retrying = undefined;
    }
  }

  /** Resolves when nothing more will be stored. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.allSettled([this.#retrying]);
  }

  async #retry(): Promise<void> {
    const { quarantine, indexDb, slots, itemWriter, metrics } = this.#options;
    for (const identity of [...quarantine.identities()]) {
      await nextTurn();
      if (this.#isStopped) return;
      // Most wait for a BEGIN: they would fill the table.
      if (indexDb.find(identity) === undefined) continue;
      const slot = slots.get(identity);
      try {
        const execution = await slots.load(slot);
        if (execution !== undefined) await itemWriter.unquarantine(slot, execution);
      } catch (error) {
        if (!isPoison(error)) throw error;
        metrics.failures(failureCode(error)).inc();
      }
    }
  }
}
