import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Chunk } from "../frame/chunk.ts";
import type { Audit } from "../host/audit.ts";
import type { Log } from "../host/log.ts";
import type { Metrics } from "../host/metrics.ts";
import { parseEnd } from "../wire/end.ts";
import { type Claim, Claims, type Owner } from "./claims.ts";
import { Housekeeping } from "./housekeeping.ts";
import { inTurns } from "./in-turns.ts";
import type { IndexDb } from "./index-db.ts";
import { IndexWriter } from "./index-writer.ts";
import { LateMerges } from "./late-merges.ts";
import { RESERVED } from "./log-path.ts";
import type { NumberedLog } from "./numbered-log.ts";
import { OpenFiles } from "./open-files.ts";
import { OwnerFolders } from "./owner-folder.ts";
import type { Publisher } from "./publisher.ts";
import { Quarantine, type QuarantineLimits } from "./quarantine.ts";
import { RunningCount } from "./running-count.ts";
import { type Slot, type SlotIdentity, SlotTable } from "./slots.ts";
import type { IntervalSpill } from "./spilling-intervals.ts";
import { StorageAlarm } from "./storage-alarm.ts";
import { failureCode, isPoison } from "./storage-error.ts";
import { createStoreMetrics, type StoreMetrics } from "./store-metrics.ts";
import type { StoredExecution } from "./stored-execution.ts";

export interface StoreOptions {
  readonly dataDir: string;
  /** True: a batch is on the disk before it counts as stored (`--sync always`). */
  readonly durable: boolean;
  readonly index: IndexDb;
  readonly publisher: Publisher;
  /** Who a node's uid is; undefined for nobody that may own executions. Never rejects. */
  readonly ownerOf: (node: string, uid: number) => Promise<Owner | undefined>;
  readonly quarantine: QuarantineLimits;
  readonly maxOpenFiles: number;
  readonly maxRunningPerOwner: number;
  readonly spill: IntervalSpill;
  readonly log: Log;
  readonly audit: Audit;
  readonly metrics: Metrics;
  readonly nowMs: () => number;
}

type Outcome = "stored" | "unavailable";
type Item =
  | { readonly kind: "lines"; readonly slot: Slot; readonly chunk: Chunk }
  | { readonly kind: "beat"; readonly slot: Slot; readonly lastN: number; readonly beat: number }
  | { readonly kind: "end"; readonly slot: Slot; readonly lastN: number; readonly json: string };

/**
 * The writing half of the store: chunks into files, ends and beats into states, BEGINs into owners.
 *
 * Everything runs in the turn of the batch, without waiting, so that what is acknowledged is written and what is
 * published can be read back. Writing to the page cache costs less than handing a buffer to a thread.
 */
export class Store {
  readonly slots: SlotTable;
  readonly logsDir: string;
  readonly #options: StoreOptions;
  readonly #metrics: StoreMetrics;
  readonly #files: OpenFiles;
  readonly #quarantine: Quarantine;
  readonly #claims: Claims;
  readonly #index: IndexWriter;
  readonly #merges: LateMerges;
  readonly #alarm: StorageAlarm;
  readonly #housekeeping: Housekeeping;
  #stopLoading: () => void = () => {};
  /** Logs with lines that are not yet known to be on the disk; only when durable. */
  readonly #unsynced = new Set<NumberedLog>();
  /** Stored since the last batch was counted: a counter's `inc` for each chunk would cost more than its numbers. */
  #stored = { lines: 0, bytes: 0 };

  constructor(options: StoreOptions) {
    const { durable, spill, nowMs, log, audit, ownerOf } = options;
    const logsDir = join(options.dataDir, "logs");
    mkdirSync(logsDir, { recursive: true, mode: 0o711 });
    const metrics = createStoreMetrics(options.metrics);
    const slots = new SlotTable({ index: options.index, logsDir, durable, spill, nowMs });
    const index = new IndexWriter(options.index);
    const folders = new OwnerFolders({ logsDir, log });
    this.#options = options;
    this.logsDir = logsDir;
    this.slots = slots;
    this.#metrics = metrics;
    this.#index = index;
    this.#files = new OpenFiles(options.maxOpenFiles);
    this.#quarantine = new Quarantine(join(logsDir, RESERVED.quarantine), options.quarantine);
    const running = new RunningCount(options.index, nowMs);
    const maxRunning = options.maxRunningPerOwner;
    const bounds = { running, maxRunning, ownerOf, logsDir, durable, spill };
    this.#claims = new Claims({ ...bounds, slots, index, folders, files: this.#files, log, audit, metrics, nowMs });
    this.#merges = new LateMerges({ files: this.#files, log });
    this.#alarm = new StorageAlarm({ log, metrics, path: logsDir });
    const [files, merges, quarantine, alarm] = [this.#files, this.#merges, this.#quarantine, this.#alarm];
    const { publisher } = options;
    this.#housekeeping = new Housekeeping({
      slots,
      index,
      files,
      merges,
      quarantine,
      publisher,
      alarm,
      metrics,
      nowMs,
    });
    options.metrics.gauge("ml_store_open_files", "Logs held open for writing", () => this.#files.count);
    options.metrics.gauge("ml_store_executions", "Executions in memory", () => slots.size);
    options.metrics.gauge("ml_store_failing", "1 while nothing can be stored", () =>
      this.failure === undefined ? 0 : 1,
    );
    options.metrics.gauge("ml_quarantine_bytes", "Bytes waiting for their BEGIN", () => this.#quarantine.bytes);
  }

  /** Why nothing can be stored now ("ENOSPC"), for `/healthz`. */
  get failure(): string | undefined {
    return this.#alarm.failure;
  }

  /**
   * Begins to judge states by the clock, and to load what was running when the collector stopped: in turns, because ten
   * thousand of them take seconds. One that a relay or a viewer asks for is loaded at once.
   */
  start(): void {
    this.#stopLoading = inTurns(this.#options.index.open(), (row) => this.#loadOpen(row));
    this.#housekeeping.start();
  }

  slotFor(identity: SlotIdentity): Slot {
    return this.slots.get(identity);
  }

  /**
   * Stores a batch; each chunk is published as soon as it is written, so that what a viewer has seen can be read back.
   * What was stored of a batch that failed is known by its numbers: offered again, it counts as a repetition.
   */
  store(items: readonly Item[]): Outcome | Promise<Outcome> {
    try {
      for (const item of items) this.#apply(item);
    } catch (error) {
      return this.#alarm.failed(error);
    } finally {
      this.#count();
    }
    if (!this.#options.durable) return this.#alarm.works();
    const synced = [...this.#unsynced].map((file) => this.#files.sync(file).then(() => this.#unsynced.delete(file)));
    return Promise.all(synced).then(
      () => this.#alarm.works(),
      (error) => this.#alarm.failed(error),
    );
  }

  /** Binds an identity to its owner, and stores what waited for that. */
  async claim(claim: Claim): Promise<Outcome> {
    try {
      const slot = await this.#claims.bind(claim);
      if (slot?.execution === undefined) return "stored";
      this.#heard(slot);
      this.#unquarantine(slot, slot.execution);
      this.#options.publisher.changed(slot.execution);
      return this.#alarm.works();
    } catch (error) {
      return this.#alarm.failed(error);
    }
  }

  /** Closes all descriptors: the next line opens its file anew (log rotation by others, SIGHUP). */
  reopen(): void {
    this.#files.closeAll();
  }

  /** Brings the index up to what the files say, for a question that is answered from it. */
  flushIndex(): void {
    this.#index.flush();
  }

  /** Writes what the index lacks and closes the files. Nothing may be stored afterwards. */
  async stop(): Promise<void> {
    this.#stopLoading();
    this.#housekeeping.stop();
    await this.#merges.settled;
    this.#index.flush();
    this.#files.closeAll();
  }

  /** An execution that was running: what its files say counts, not the index's row. */
  #loadOpen(row: SlotIdentity): void {
    const slot = this.slots.get(row);
    try {
      if (this.slots.load(slot) !== undefined) this.#index.touch(slot);
    } catch (error) {
      const { node, x } = row;
      this.#options.log.event("error", "cannot load an execution", { node, x, error: failureCode(error) });
    }
  }

  #apply(item: Item): void {
    const slot = item.slot.isRetired ? this.slots.get(item.slot.identity) : item.slot;
    try {
      const execution = this.slots.load(slot);
      if (execution === undefined) {
        this.#setAside(slot, item);
        return;
      }
      // A beat that is not newer was replayed: it says nothing about now.
      if (item.kind === "beat" && item.beat <= execution.lastBeat) return;
      this.#index.touch(slot);
      if (item.kind === "lines") this.#append(execution, item.chunk);
      else if (item.kind === "end") this.#end(execution, item);
      else execution.beat(item.lastN, item.beat);
      this.#heard(slot);
    } catch (error) {
      if (!isPoison(error)) throw error;
      this.#metrics.failures(failureCode(error)).inc();
      this.#setAside(slot, item);
    }
  }

  #append(execution: StoredExecution, chunk: Chunk): void {
    const { durable, nowMs, publisher } = this.#options;
    const nextN = execution.have.last + 1;
    let lines = 0;
    for (const part of execution.append(chunk, this.#files)) {
      lines += part.count;
      if (part.firstN < nextN) this.#metrics.lateLines.inc(part.count);
      this.#stored.bytes += part.cri.length;
      publisher.publish(execution, part);
    }
    this.#stored.lines += lines;
    if (lines < chunk.count) this.#metrics.duplicateLines.inc(chunk.count - lines);
    if (durable && lines > 0) {
      this.#unsynced.add(execution.main);
      if (execution.late !== undefined) this.#unsynced.add(execution.late);
    }
    if (execution.endSeen !== undefined && execution.judge(nowMs())) this.#merges.consider(execution);
  }

  #end(execution: StoredExecution, item: { lastN: number; json: string }): void {
    const end = parseEnd(item.json);
    if (end === undefined) {
      this.#metrics.discardedLines("end").inc();
      return;
    }
    execution.end({ lastN: item.lastN, end, receivedAtMs: this.#options.nowMs() });
    if (execution.judge(this.#options.nowMs())) this.#merges.consider(execution);
  }

  /** What came before its BEGIN. A failure leaves it in quarantine, for the next BEGIN. */
  #unquarantine(slot: Slot, execution: StoredExecution): void {
    const items = this.#quarantine.read(slot.identity);
    if (items.length === 0) return;
    this.#index.touch(slot);
    for (const item of items) {
      if (item.t === "lines") this.#append(execution, item.chunk);
      else this.#end(execution, item);
    }
    this.#quarantine.remove(slot.identity);
    this.#count();
  }

  #count(): void {
    this.#metrics.lines.inc(this.#stored.lines);
    this.#metrics.bytes.inc(this.#stored.bytes);
    this.#stored = { lines: 0, bytes: 0 };
  }

  #setAside(slot: Slot, item: Item): void {
    if (item.kind === "beat") return;
    const lines = item.kind === "lines" ? item.chunk.count : 0;
    const kept =
      item.kind === "lines"
        ? ({ t: "lines", chunk: item.chunk } as const)
        : ({ t: "end", lastN: item.lastN, json: item.json } as const);
    const quota = this.#quarantine.add(slot.identity, kept);
    if (quota === undefined) this.#metrics.quarantinedLines.inc(lines);
    else this.#metrics.discardedLines(quota).inc(lines);
  }

  #heard(slot: Slot): void {
    slot.usedAtMs = this.#options.nowMs();
    if (slot.execution?.heard(slot.usedAtMs) === true) this.#index.touch(slot);
  }
}
