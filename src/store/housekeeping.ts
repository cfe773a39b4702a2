import type { OpenFiles } from "./disk/open-files.ts";
import type { StorageAlarm } from "./disk/storage-alarm.ts";
import { failureCode, isPoison } from "./disk/storage-error.ts";
import type { LateMerges } from "./execution/late-merges.ts";
import type { Publisher } from "./intake/publisher.ts";
import type { QuarantineRetry } from "./intake/quarantine-retry.ts";
import type { WaitingBegins } from "./intake/waiting-begins.ts";
import type { Quarantine } from "./quarantine/quarantine.ts";
import type { Remover } from "./removal/remover.ts";
import type { Sealer } from "./sealing/sealer.ts";
import type { StoreMetrics } from "./store-metrics.ts";
import type { IndexWriter } from "./table/index-writer.ts";
import type { SlotTable } from "./table/slots.ts";
import { NO_WORK, workInSlices } from "./table/work-in-slices.ts";

/** How often states are judged by the clock and changed executions are published. */
const TICK_MS = 250;
/** How often the index is updated; a request that uses it also updates it at once. */
const INDEX_EVERY_MS = 2_000;
const EXPIRE_EVERY_MS = 600_000;
/** How often running executions learn of a change of their node's clock. */
const CLOCKS_EVERY_MS = 10_000;

interface HousekeepingOptions {
  readonly slots: SlotTable;
  readonly indexWriter: IndexWriter;
  readonly files: OpenFiles;
  readonly merges: LateMerges;
  readonly quarantine: Quarantine;
  readonly waiting: WaitingBegins;
  readonly quarantineRetry: QuarantineRetry;
  readonly remover: Remover;
  readonly sealer: Sealer | undefined;
  readonly publisher: Publisher;
  readonly alarm: StorageAlarm;
  readonly metrics: StoreMetrics;
  /** How far a node's clock is behind, milliseconds; undefined: not known. */
  readonly clockOf: (node: string) => number | undefined;
  readonly nowMs: () => number;
}

/** The store's periodic work: lost and incomplete executions, summaries, index, idle files, quarantine, sealing. */
export class Housekeeping {
  readonly #options: HousekeepingOptions;
  #indexAtMs = 0;
  #expireAtMs = 0;
  #clocksAtMs = 0;
  #setting = NO_WORK;
  #timer: NodeJS.Timeout | undefined;
  #indexing = NO_WORK;
  #telling = NO_WORK;

  constructor(options: HousekeepingOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Ends all work. Resolves when the sidecars hold everything that the next start needs. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#indexing.stop();
    this.#telling.stop();
    this.#setting.stop();
    await this.#options.waiting.stop();
    await this.#options.quarantineRetry.stop();
    await this.#options.merges.stop();
    await this.#options.sealer?.stop();
    this.#recordStates();
  }

  /** Records the ends of holes, not only their starts, and which beats are old. */
  #recordStates(): void {
    for (const { execution } of this.#options.slots.values()) {
      try {
        execution?.discards.close(Number.MAX_SAFE_INTEGER);
        if (execution?.endSeen === undefined) execution?.recordBeat();
      } catch (error) {
        this.#options.alarm.failed(error);
      }
    }
  }

  #tick(): void {
    const nowMs = this.#options.nowMs();
    try {
      this.#options.indexWriter.settle();
      this.#judge(nowMs);
      this.#tell();
      if (nowMs >= this.#indexAtMs) {
        this.#indexAtMs = nowMs + INDEX_EVERY_MS;
        this.#indexing.stop();
        this.#indexing = this.#options.indexWriter.flushInSlices((error) => this.#options.alarm.failed(error));
      }
      if (nowMs >= this.#clocksAtMs) {
        this.#clocksAtMs = nowMs + CLOCKS_EVERY_MS;
        this.#noteClocks();
      }
      this.#forget();
      const { waiting, quarantineRetry } = this.#options;
      for (const part of [waiting, quarantineRetry])
        part.consider().catch((error) => this.#options.alarm.failed(error));
      this.#options.metrics.expiredQuarantines.inc(this.#options.quarantine.expire(nowMs));
      this.#options.sealer?.consider(nowMs);
      this.#options.alarm.probe();
      this.#options.remover.settle();
      if (nowMs >= this.#expireAtMs) {
        this.#expireAtMs = nowMs + EXPIRE_EVERY_MS;
        this.#options.remover.expire(nowMs);
      }
    } catch (error) {
      this.#options.alarm.failed(error);
    }
  }

  #judge(nowMs: number): void {
    const { slots, indexWriter, merges, metrics } = this.#options;
    for (const slot of slots.values()) {
      const { execution } = slot;
      try {
        if (!slot.isOpenInIndex || execution?.judge(nowMs) !== true) continue;
        indexWriter.touch(slot);
        merges.consider(execution);
      } catch (error) {
        // A fault in one execution's files must not keep the others from being judged.
        if (!isPoison(error)) throw error;
        metrics.failures(failureCode(error)).inc();
      }
    }
  }

  /** A merged view is sorted by the clock difference that an execution's node had while it ran. */
  #noteClocks(): void {
    const { slots, clockOf, indexWriter, metrics } = this.#options;
    this.#setting.stop();
    this.#setting = workInSlices([...slots.values()], (slot) => {
      const { execution } = slot;
      if (execution === undefined || !execution.isOpen) return;
      try {
        if (execution.clock.note(clockOf(execution.node))) indexWriter.touch(slot);
      } catch (error) {
        metrics.failures(failureCode(error)).inc();
      }
    });
  }

  #tell(): void {
    if (!this.#telling.areDone) return;
    const { indexWriter, publisher } = this.#options;
    this.#telling = workInSlices(indexWriter.takeUntold(), ({ execution }) => {
      if (execution !== undefined) publisher.changed(execution);
    });
  }

  #forget(): void {
    const { slots, files } = this.#options;
    for (const { logs } of slots.forgetIdle()) {
      files.close(logs.main);
      if (logs.late !== undefined) files.close(logs.late);
    }
  }
}
