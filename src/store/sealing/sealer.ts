import { setImmediate } from "node:timers/promises";
import type { SlotIdentity } from "../../frame/slot-identity.ts";
import type { Log } from "../../host/log.ts";
import type { OpenFiles } from "../disk/open-files.ts";
import { failureCode } from "../disk/storage-error.ts";
import type { StoredExecution } from "../execution/stored-execution.ts";
import type { IndexDb } from "../index/index-db.ts";
import type { SealablePlace } from "../index/sealable-rows.ts";
import type { OwnerAccounts } from "../owner/owner-accounts.ts";
import type { StoreMetrics } from "../store-metrics.ts";
import type { InUse } from "../table/in-use.ts";
import type { IndexWriter } from "../table/index-writer.ts";
import { LoadStoppedError } from "../table/load-in-turns.ts";
import type { SlotTable } from "../table/slots.ts";
import { sealExecution } from "./seal-execution.ts";
import type { SealThread } from "./seal-thread.ts";

/** How often the index is asked for logs to seal. A log that is being read, or failed, is retried the next time. */
const SWEEP_EVERY_MS = 600_000;
const ROWS_AT_ONCE = 100;

export interface SealerOptions {
  readonly slots: SlotTable;
  readonly indexDb: IndexDb;
  readonly indexWriter: IndexWriter;
  readonly files: OpenFiles;
  readonly accounts: OwnerAccounts;
  readonly inUse: InUse;
  readonly thread: SealThread;
  /** How long after its end an execution is sealed. */
  readonly afterMs: number;
  readonly log: Log;
  readonly metrics: StoreMetrics;
  readonly nowMs: () => number;
}

/** Seals the logs of executions that ended long ago, one at a time, the oldest first, beside the live work. */
export class Sealer {
  readonly #options: SealerOptions;
  readonly #stopped = new AbortController();
  #sweepAtMs = 0;
  #sweep: Promise<void> | undefined;
  #underWay: { readonly execution: StoredExecution; readonly abort: AbortController; ended: Promise<void> } | undefined;

  constructor(options: SealerOptions) {
    this.#options = options;
  }

  /** Called periodically. */
  consider(nowMs: number): void {
    if (this.#sweep !== undefined || nowMs < this.#sweepAtMs || this.#stopped.signal.aborted) return;
    this.#sweepAtMs = nowMs + SWEEP_EVERY_MS;
    this.#sweep = this.#sealAll(nowMs - this.#options.afterMs).finally(() => {
      this.#sweep = undefined;
    });
  }

  /** Resolves when nothing seals this execution. */
  async cancel(execution: StoredExecution): Promise<void> {
    const underWay = this.#underWay;
    if (underWay?.execution !== execution) return;
    underWay.abort.abort();
    await this.#options.thread.end();
    await underWay.ended;
  }

  /** Leaves the rest to the next start. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#underWay?.abort.abort();
    await this.#options.thread.end();
    await this.#sweep;
  }

  async #sealAll(beforeMs: number): Promise<void> {
    const { indexDb, thread, log, metrics } = this.#options;
    let failure: { path: string; error: string } | undefined;
    let after: SealablePlace = { sinceMs: 0, id: 0 };
    try {
      for (;;) {
        const rows = indexDb.sealable.list({ ...after, beforeMs, limit: ROWS_AT_ONCE });
        for (const row of rows) {
          if (this.#stopped.signal.aborted) return;
          failure = (await this.#sealRow(row)) ?? failure;
        }
        const last = rows.at(-1);
        if (last === undefined) break;
        after = last;
      }
    } catch (error) {
      failure = { path: "index.db", error: failureCode(error) };
      metrics.seals("failed").inc();
    }
    // Logs one failure per sweep: a full disk may affect thousands.
    if (failure !== undefined) log.event("warning", "logs could not be sealed, and stay as they are", failure);
    await thread.end();
  }

  /** Undefined unless it failed. */
  async #sealRow(row: SlotIdentity): Promise<{ path: string; error: string } | undefined> {
    const { slots, indexWriter, inUse, metrics } = this.#options;
    // Loads at most one execution per turn of the event loop.
    await setImmediate();
    const slot = slots.get(row);
    try {
      const execution = await slots.load(slot);
      if (execution === undefined || inUse.has(row)) return undefined;
      indexWriter.touch(slot);
      if (execution.sealableSinceMs === undefined) return undefined;
      const abort = new AbortController();
      const release = inUse.take(row);
      const ended = this.#seal(execution, abort.signal).finally(release);
      this.#underWay = { execution, abort, ended: ended.catch(() => undefined) };
      await ended;
      metrics.seals("sealed").inc();
      indexWriter.touch(slots.get(row));
    } catch (error) {
      const isCancelled = this.#underWay?.abort.signal.aborted === true || error instanceof LoadStoppedError;
      metrics.seals(isCancelled ? "cancelled" : "failed").inc();
      if (!isCancelled) return { path: slot.execution?.base ?? row.x, error: failureCode(error) };
    } finally {
      this.#underWay = undefined;
    }
    return undefined;
  }

  async #seal(execution: StoredExecution, signal: AbortSignal): Promise<void> {
    const { files, thread, accounts, metrics } = this.#options;
    execution.isBeingSealed = true;
    try {
      const sealed = await sealExecution(execution, { pack: (paths) => thread.seal(paths), files, signal });
      accounts.of(execution.owner).settle(execution);
      metrics.sealedBytes.inc(sealed.bytes);
      metrics.sealedFileBytes.inc(sealed.fileBytes + sealed.filterBytes);
    } finally {
      execution.isBeingSealed = false;
    }
  }
}
