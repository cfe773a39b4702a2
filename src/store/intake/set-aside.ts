import { setImmediate as nextTurn } from "node:timers/promises";
import { failureCode, isPoison } from "../disk/storage-error.ts";
import type { IndexDb } from "../index/index-db.ts";
import type { Quarantine } from "../quarantine/quarantine.ts";
import type { StoreMetrics } from "../store-metrics.ts";
import type { SlotTable } from "../table/slots.ts";
import type { ItemWriter } from "./item-writer.ts";

const RETRY_EVERY_MS = 600_000;

export interface SetAsideOptions {
  readonly quarantine: Quarantine;
  readonly rows: IndexDb;
  readonly slots: SlotTable;
  readonly writer: ItemWriter;
  readonly metrics: StoreMetrics;
  readonly nowMs: () => number;
}

/**
 * What is in quarantine although its execution is known, because that one's files could not be written. They may be
 * mended, and no BEGIN need come any more.
 */
export class SetAside {
  readonly #options: SetAsideOptions;
  #retryAtMs = 0;
  #retrying: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: SetAsideOptions) {
    this.#options = options;
  }

  /** Called every so often. Rejects with what was thrown when nothing can be stored. */
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

  /** Resolves when nothing is stored any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.allSettled([this.#retrying]);
  }

  async #retry(): Promise<void> {
    const { quarantine, rows, slots, writer, metrics } = this.#options;
    for (const identity of [...quarantine.identities()]) {
      await nextTurn();
      if (this.#isStopped) return;
      // Most wait for a BEGIN: they would fill the table.
      if (rows.find(identity) === undefined) continue;
      const slot = slots.get(identity);
      try {
        const execution = slots.load(slot);
        if (execution !== undefined) await writer.unquarantine(slot, execution);
      } catch (error) {
        if (!isPoison(error)) throw error;
        metrics.failures(failureCode(error)).inc();
      }
    }
  }
}
