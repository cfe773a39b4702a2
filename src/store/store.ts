import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Chunk } from "../frame/chunk.ts";
import type { Log } from "../host/log.ts";
import type { Metrics } from "../host/metrics.ts";
import type { Begin } from "../wire/begin.ts";
import { parseEnd } from "../wire/end.ts";
import { createExecution } from "./create-execution.ts";
import { createFile } from "./create-file.ts";
import type { IndexDb } from "./index-db.ts";
import { commandName, executionPath, RESERVED } from "./log-path.ts";
import { mergeLate } from "./merge-late.ts";
import type { NumberedLog } from "./numbered-log.ts";
import { OpenFiles } from "./open-files.ts";
import { OwnerFolders } from "./owner-folder.ts";
import type { Publisher } from "./publisher.ts";
import { Quarantine, type QuarantinedItem, type QuarantineLimits } from "./quarantine.ts";
import { type Slot, type SlotIdentity, SlotTable } from "./slots.ts";
import { failureCode, isPoison } from "./storage-error.ts";
import { createStoreMetrics, type StoreMetrics } from "./store-metrics.ts";
import type { Origin, StoredExecution } from "./stored-execution.ts";

export interface Owner {
  readonly name: string;
  readonly uid: number;
}

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
  readonly log: Log;
  readonly metrics: Metrics;
  readonly nowMs: () => number;
}

type Outcome = "stored" | "unavailable";
type Item =
  | { readonly kind: "lines"; readonly slot: Slot; readonly chunk: Chunk }
  | { readonly kind: "beat"; readonly slot: Slot; readonly lastN: number; readonly beat: number }
  | { readonly kind: "end"; readonly slot: Slot; readonly lastN: number; readonly json: string };

/** How often states are judged by the clock and changed executions are written to the index and shown. */
const TICK_MS = 250;
const EXPIRE_EVERY_MS = 600_000;

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
  readonly #folders: OwnerFolders;
  readonly #changed = new Set<Slot>();
  /** Logs with lines that are not yet known to be on the disk; only when durable. */
  readonly #unsynced = new Set<NumberedLog>();
  #merges: Promise<void> = Promise.resolve();
  #failure: string | undefined;
  #expireAtMs = 0;
  #tick: NodeJS.Timeout | undefined;

  constructor(options: StoreOptions) {
    const { index, durable, nowMs, log } = options;
    this.#options = options;
    this.logsDir = join(options.dataDir, "logs");
    mkdirSync(this.logsDir, { recursive: true, mode: 0o711 });
    this.slots = new SlotTable({ index, logsDir: this.logsDir, durable, nowMs });
    this.#files = new OpenFiles(options.maxOpenFiles);
    this.#quarantine = new Quarantine(join(this.logsDir, RESERVED.quarantine), options.quarantine);
    this.#folders = new OwnerFolders({ logsDir: this.logsDir, log });
    this.#metrics = createStoreMetrics(options.metrics);
    options.metrics.gauge("ml_store_open_files", "Logs held open for writing", () => this.#files.count);
    options.metrics.gauge("ml_store_executions", "Executions in memory", () => this.slots.size);
    options.metrics.gauge("ml_quarantine_bytes", "Bytes waiting for their BEGIN", () => this.#quarantine.bytes);
  }

  /** Why nothing can be stored now ("ENOSPC"), for `/healthz`. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Begins to judge states by the clock, and loads what was running when the collector stopped. */
  start(): void {
    for (const row of this.#options.index.open()) this.#loadOpen(row);
    this.#tick = setInterval(() => this.#onTick(), TICK_MS);
  }

  /** An execution that was running: what its files say counts, not the index's row. */
  #loadOpen(row: SlotIdentity): void {
    const slot = this.slots.get(row);
    try {
      if (this.slots.load(slot) !== undefined) this.#touch(slot);
    } catch (error) {
      const { node, x } = row;
      this.#options.log.event("error", "cannot load an execution", { node, x, error: failureCode(error) });
    }
  }

  slotFor(identity: SlotIdentity): Slot {
    return this.slots.get(identity);
  }

  store(items: readonly Item[]): Outcome | Promise<Outcome> {
    const fresh: { execution: StoredExecution; chunk: Chunk }[] = [];
    try {
      for (const item of items) this.#apply(item, fresh);
    } catch (error) {
      // What was stored of the batch is known by its numbers: offered again, it counts as a repetition.
      this.#publish(fresh);
      return this.#fail(error);
    }
    if (!this.#options.durable) {
      this.#publish(fresh);
      return this.#works();
    }
    return Promise.all(
      [...this.#unsynced].map((file) => this.#files.sync(file).then(() => this.#unsynced.delete(file))),
    )
      .then(() => {
        this.#publish(fresh);
        return this.#works();
      })
      .catch((error) => this.#fail(error));
  }

  /** Binds an identity to its owner and claims what waits for it. A second BEGIN never displaces the first. */
  async claim(claim: { identity: SlotIdentity; begin: Omit<Begin, "k">; uid: number }): Promise<Outcome> {
    const { identity, begin, uid } = claim;
    try {
      if (this.slots.load(this.slots.get(identity)) === undefined) {
        const owner = await this.#options.ownerOf(identity.node, uid);
        if (owner === undefined) {
          this.#refuseBegin("unknown-uid", identity, uid);
          return "stored";
        }
        await this.#folders.prepare(owner);
        const { job, argv, cwd, labels, startedAt, pid } = begin;
        this.#bind({ ...identity, owner: owner.name, uid, job, argv, cwd, labels, startedAt, pid });
      }
      const slot = this.slots.get(identity);
      this.#heard(slot);
      this.#unquarantine(slot);
      return this.#works();
    } catch (error) {
      if (!isPoison(error)) return this.#fail(error);
      this.#refuseBegin(failureCode(error) === "EEXIST" ? "id-in-use" : "path", identity, uid);
      return "stored";
    }
  }

  /** Closes all descriptors: the next line opens its file anew (log rotation by others, SIGHUP). */
  reopen(): void {
    this.#files.closeAll();
  }

  /** Writes what the index lacks and closes the files. Nothing may be stored afterwards. */
  async stop(): Promise<void> {
    clearInterval(this.#tick);
    await this.#merges;
    this.flushIndex();
    this.#files.closeAll();
  }

  /** Brings the index up to what the files say, for a question that is answered from it. */
  flushIndex(): void {
    if (this.#changed.size === 0) return;
    const rows = [];
    for (const slot of this.#changed) {
      const { execution } = slot;
      if (execution === undefined) continue;
      const isOpen = execution.delivery !== "complete" && execution.delivery !== "incomplete";
      slot.isOpenInIndex = isOpen;
      rows.push({ ...slot.identity, base: this.#base(execution.origin), execution: execution.summary(), isOpen });
    }
    this.#changed.clear();
    this.#options.index.put(rows);
  }

  #apply(item: Item, fresh: { execution: StoredExecution; chunk: Chunk }[]): void {
    const slot = item.slot.isRetired ? this.slots.get(item.slot.identity) : item.slot;
    try {
      const execution = this.slots.load(slot);
      if (execution === undefined) {
        this.#setAside(slot, item);
        return;
      }
      this.#touch(slot);
      if (item.kind === "lines") this.#append(execution, item.chunk, fresh);
      else if (item.kind === "end") this.#end(execution, item);
      else if (item.beat <= execution.lastBeat) return;
      else {
        execution.lastBeat = item.beat;
        execution.toldLastN = Math.max(execution.toldLastN, item.lastN);
      }
      this.#heard(slot);
    } catch (error) {
      if (!isPoison(error)) throw error;
      this.#metrics.failures(failureCode(error)).inc();
      this.#setAside(slot, item);
    }
  }

  #append(execution: StoredExecution, chunk: Chunk, fresh: { execution: StoredExecution; chunk: Chunk }[]): void {
    const { durable, nowMs } = this.#options;
    const nextN = execution.have.last + 1;
    const parts = execution.append(chunk, this.#files, (path) => createFile(path, durable));
    let lines = 0;
    for (const part of parts) {
      lines += part.count;
      if (part.firstN < nextN) this.#metrics.lateLines.inc(part.count);
      fresh.push({ execution, chunk: part });
    }
    if (lines < chunk.count) this.#metrics.duplicateLines.inc(chunk.count - lines);
    if (durable && lines > 0) {
      this.#unsynced.add(execution.main);
      if (execution.late !== undefined) this.#unsynced.add(execution.late);
    }
    if (execution.endSeen !== undefined && execution.judge(nowMs())) this.#maybeMerge(execution);
  }

  #end(execution: StoredExecution, item: { lastN: number; json: string }): void {
    const end = parseEnd(item.json);
    if (end === undefined) {
      this.#metrics.discardedLines("end").inc();
      return;
    }
    execution.end({ lastN: item.lastN, end, receivedAtMs: this.#options.nowMs() });
    if (execution.judge(this.#options.nowMs())) this.#maybeMerge(execution);
  }

  /** Late lines go to their places once the execution is complete; one merge at a time. */
  #maybeMerge(execution: StoredExecution): void {
    if (execution.delivery !== "complete" || execution.late === undefined) return;
    this.#merges = this.#merges.then(async () => {
      try {
        for (const file of [execution.main, execution.late]) if (file !== undefined) this.#files.close(file);
        await mergeLate(execution);
      } catch (error) {
        // The lines are stored and are read in order from where they are.
        this.#options.log.event("warning", "late lines stay in a file of their own", {
          path: execution.base,
          error: failureCode(error),
        });
      }
    });
  }

  #bind(origin: Origin): void {
    const slot = this.slots.get(origin);
    if (slot.execution !== undefined) return;
    const { durable, nowMs, index } = this.#options;
    const path = this.#base(origin);
    const execution = createExecution(join(this.logsDir, path), origin, { durable, nowMs: nowMs() });
    slot.execution = execution;
    slot.isOpenInIndex = true;
    index.put([{ ...slot.identity, base: path, execution: execution.summary(), isOpen: true }]);
    this.#options.publisher.changed(execution);
  }

  #base(origin: Origin): string {
    return executionPath({ ...origin, command: commandName(origin.argv) });
  }

  #unquarantine(slot: Slot): void {
    const items = this.#quarantine.read(slot.identity);
    if (items.length === 0) return;
    const fresh: { execution: StoredExecution; chunk: Chunk }[] = [];
    for (const item of items) {
      if (item.t === "lines") this.#apply({ kind: "lines", slot, chunk: item.chunk }, fresh);
      else this.#apply({ kind: "end", slot, lastN: item.lastN, json: item.json }, fresh);
    }
    this.#quarantine.remove(slot.identity);
    this.#publish(fresh);
  }

  #setAside(slot: Slot, item: Item): void {
    if (item.kind === "beat") return;
    const kept: QuarantinedItem =
      item.kind === "lines" ? { t: "lines", chunk: item.chunk } : { t: "end", lastN: item.lastN, json: item.json };
    const lines = item.kind === "lines" ? item.chunk.count : 0;
    const quota = this.#quarantine.add(slot.identity, kept);
    if (quota === undefined) this.#metrics.quarantinedLines.inc(lines);
    else this.#metrics.discardedLines(quota).inc(lines);
  }

  #publish(fresh: readonly { execution: StoredExecution; chunk: Chunk }[]): void {
    let [lines, bytes] = [0, 0];
    for (const { execution, chunk } of fresh) {
      lines += chunk.count;
      bytes += chunk.cri.length;
      this.#options.publisher.publish(execution, chunk);
    }
    this.#metrics.lines.inc(lines);
    this.#metrics.bytes.inc(bytes);
  }

  /** Before the files get ahead of the index, the index says so: after a crash it knows which rows to doubt. */
  #touch(slot: Slot): void {
    if (!slot.isOpenInIndex) {
      this.#options.index.setOpen(slot.identity);
      slot.isOpenInIndex = true;
    }
    this.#changed.add(slot);
  }

  #heard(slot: Slot): void {
    slot.usedAtMs = this.#options.nowMs();
    if (slot.execution?.heard(slot.usedAtMs) === true) this.#touch(slot);
  }

  #onTick(): void {
    const nowMs = this.#options.nowMs();
    try {
      for (const slot of this.slots.values()) {
        if (!slot.isOpenInIndex || slot.execution?.judge(nowMs) !== true) continue;
        this.#touch(slot);
        this.#maybeMerge(slot.execution);
      }
      for (const slot of this.#changed)
        if (slot.execution !== undefined) this.#options.publisher.changed(slot.execution);
      this.flushIndex();
      for (const execution of this.slots.forgetIdle()) {
        this.#files.close(execution.main);
        if (execution.late !== undefined) this.#files.close(execution.late);
      }
      if (nowMs >= this.#expireAtMs) {
        this.#expireAtMs = nowMs + EXPIRE_EVERY_MS;
        this.#metrics.expiredQuarantines.inc(this.#quarantine.expire(nowMs));
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #refuseBegin(reason: string, identity: SlotIdentity, uid: number): void {
    this.#metrics.refusedBegins(reason).inc();
    this.#options.log.event("warning", "BEGIN refused, its lines stay in quarantine", {
      reason,
      node: identity.node,
      x: identity.x,
      uid,
    });
  }

  #fail(error: unknown): "unavailable" {
    const code = failureCode(error);
    this.#metrics.failures(code).inc();
    if (this.#failure !== code) {
      this.#options.log.event("error", "cannot store: relays wait until it works again; make room or mend the disk", {
        error: code,
        path: this.logsDir,
      });
    }
    this.#failure = code;
    return "unavailable";
  }

  #works(): "stored" {
    if (this.#failure !== undefined) this.#options.log.event("notice", "storing again", { was: this.#failure });
    this.#failure = undefined;
    return "stored";
  }
}
