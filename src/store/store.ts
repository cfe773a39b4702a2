import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { SlotIdentity } from "../frame/slot-identity.ts";
import type { Audit } from "../host/audit.ts";
import type { Log } from "../host/log.ts";
import type { Metrics } from "../host/metrics.ts";
import type { RefusedExecutions } from "../wire/discard.ts";
import { freeBytes } from "./disk/free-bytes.ts";
import { RESERVED } from "./disk/log-path.ts";
import { OpenFiles } from "./disk/open-files.ts";
import { StorageAlarm } from "./disk/storage-alarm.ts";
import { failureCode } from "./disk/storage-error.ts";
import { LateMerges } from "./execution/late-merges.ts";
import { Housekeeping } from "./housekeeping.ts";
import type { IndexDb } from "./index/index-db.ts";
import { type Claim, Claims } from "./intake/claims.ts";
import { type Item, ItemWriter } from "./intake/item-writer.ts";
import type { Publisher } from "./intake/publisher.ts";
import { SetAside } from "./intake/set-aside.ts";
import { WaitingBegins } from "./intake/waiting-begins.ts";
import type { IntervalSpill } from "./numbers/spilling-intervals.ts";
import { recordOwners, repairAcls } from "./owner/acl-repair.ts";
import type { OwnerLimits } from "./owner/owner-account.ts";
import { OwnerAccounts } from "./owner/owner-accounts.ts";
import { OwnerFolders } from "./owner/owner-folder.ts";
import { type Owner, OwnerLookup, type OwnerOf, type OwnerOfName } from "./owner/owner-lookup.ts";
import { OwnerRecords } from "./owner/owner-records.ts";
import { RunningCount } from "./owner/running-count.ts";
import { Quarantine, type QuarantineLimits } from "./quarantine/quarantine.ts";
import { Remover } from "./removal/remover.ts";
import { Tombstones } from "./removal/tombstones.ts";
import { createStoreMetrics } from "./store-metrics.ts";
import { inTurns, NO_TURNS } from "./table/in-turns.ts";
import { IndexWriter } from "./table/index-writer.ts";
import { type Slot, SlotTable } from "./table/slots.ts";

export interface StoreOptions {
  readonly dataDir: string;
  /** True: a batch is on the disk before it counts as stored (`--sync always`). */
  readonly durable: boolean;
  readonly index: IndexDb;
  readonly publisher: Publisher;
  readonly ownerOf: OwnerOf;
  readonly quarantine: QuarantineLimits;
  readonly maxOpenFiles: number;
  readonly ownerLimits: OwnerLimits;
  readonly spill: IntervalSpill;
  readonly log: Log;
  readonly audit: Audit;
  readonly metrics: Metrics;
  /** Steady: never back, never ahead by more than passed. Whole milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Time of day. */
  readonly wallMs: () => number;
}

type Outcome = "stored" | "unavailable";

/** Of the event loop, at the start: the sooner all are loaded, the sooner lost ones are told. */
const LOADING_TURN_MS = 5;

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
  readonly #files: OpenFiles;
  readonly #writer: ItemWriter;
  readonly #accounts: OwnerAccounts;
  readonly #claims: Claims;
  readonly #index: IndexWriter;
  readonly #merges: LateMerges;
  readonly #alarm: StorageAlarm;
  readonly #remover: Remover;
  readonly #housekeeping: Housekeeping;
  readonly #waiting: WaitingBegins;
  readonly #records: OwnerRecords;
  readonly #stopped = new AbortController();
  #loading = NO_TURNS;

  constructor(options: StoreOptions) {
    const { durable, spill, nowMs, log, audit, ownerOf } = options;
    const logsDir = join(options.dataDir, "logs");
    mkdirSync(logsDir, { recursive: true, mode: 0o711 });
    const metrics = createStoreMetrics(options.metrics);
    const index = new IndexWriter(options.index);
    const accounts = new OwnerAccounts({
      limits: options.ownerLimits,
      bytesOf: (owner) => options.index.diskBytes(owner),
      flush: () => index.flush(),
    });
    const slots = new SlotTable({ index: options.index, logsDir, durable, spill, accounts, log, nowMs });
    const records = new OwnerRecords(logsDir);
    const folders = new OwnerFolders({ records, log });
    this.#records = records;
    this.#options = options;
    this.logsDir = logsDir;
    this.slots = slots;
    this.#index = index;
    this.#accounts = accounts;
    this.#files = new OpenFiles(options.maxOpenFiles, durable);
    const folder = join(logsDir, RESERVED.quarantine);
    const quarantine = new Quarantine({
      folder,
      limits: options.quarantine,
      durable,
      onEvicted: (reason, lines) => {
        metrics.evictedQuarantines(reason).inc();
        metrics.discardedLines(reason).inc(lines);
      },
      nowMs,
    });
    const running = new RunningCount(options.index, nowMs);
    const maxRunning = options.ownerLimits.runningExecutions;
    const bounds = { rows: options.index, accounts, running, maxRunning, logsDir, durable, spill };
    const owners = new OwnerLookup({ ownerOf, log, metrics, nowMs });
    const claimed = { slots, index, folders, records, files: this.#files, owners, quarantine };
    this.#claims = new Claims({ ...bounds, ...claimed, log, audit, metrics, nowMs, wallMs: options.wallMs });
    this.#merges = new LateMerges({
      files: this.#files,
      log,
      onMerged: (execution) => {
        accounts.of(execution.owner).settle(execution);
        index.touch(slots.get(execution.origin));
      },
    });
    this.#alarm = new StorageAlarm({ log, metrics, path: logsDir, nowMs });
    const [files, merges, alarm] = [this.#files, this.#merges, this.#alarm];
    const parts = { slots, index, files, merges, quarantine, publisher: options.publisher, metrics, nowMs };
    const claim = async (kept: Claim, owner: Owner) =>
      (await this.claim(kept, owner)) === "stored" ? this.commit() : "unavailable";
    const onFailure = (error: unknown) => void alarm.failed(error);
    const waiting = new WaitingBegins({ quarantine, ownerOf, claim, onFailure, log, nowMs });
    this.#waiting = waiting;
    const answerFor = (identity: SlotIdentity) => waiting.answerFor(identity);
    this.#writer = new ItemWriter({ ...parts, accounts, answerFor });
    const tombstones = new Tombstones(join(logsDir, RESERVED.deleted));
    this.#remover = new Remover({ ...parts, index: options.index, writer: index, accounts, tombstones, logsDir, log });
    const setAside = new SetAside({ ...parts, rows: options.index, writer: this.#writer });
    this.#housekeeping = new Housekeeping({ ...parts, waiting, setAside, remover: this.#remover, alarm });
    options.metrics.gauge("ml_store_open_files", "Logs held open for writing", () => this.#files.count);
    options.metrics.gauge("ml_store_executions", "Executions in memory", () => slots.size);
    options.metrics.gauge("ml_store_failing", "1 while nothing can be stored", () =>
      this.failure === undefined ? 0 : 1,
    );
    options.metrics.gauge(
      "ml_quarantine_begins",
      "Executions that wait for the user directory to tell whose they are",
      () => quarantine.waiting,
    );
    options.metrics.gauge(
      "ml_store_owner_lookups",
      "BEGINs of uids that the user directory is asked for",
      () => owners.waiting,
    );
    options.metrics.gauge("ml_disk_free_bytes", "Free space for the service in the data folder's file system", () =>
      freeBytes(logsDir),
    );
    options.metrics.gauge("ml_quarantine_bytes", "Bytes waiting for their BEGIN", () => quarantine.bytes);
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
    this.#remover.finish();
    this.#loading = inTurns(this.#options.index.open(), (row) => this.#loadOpen(row), LOADING_TURN_MS);
    this.#housekeeping.start();
    const { log } = this.#options;
    void repairAcls({ records: this.#records, logsDir: this.logsDir, log, signal: this.#stopped.signal });
  }

  /** Before `start`: writes down whose folders of earlier versions are. */
  async recordOwners(ownerOfName: OwnerOfName): Promise<void> {
    const { log } = this.#options;
    await recordOwners({ records: this.#records, logsDir: this.logsDir, log, ownerOfName });
  }

  /** What a user's executions are filed under: the name, or `name~uid` where an earlier user had the name. */
  ownerId(user: { readonly name: string; readonly uid: number }): string {
    return this.#records.idOf(user);
  }

  /** Executions of an owner that could not begin lately. */
  refusedOf(owner: string): RefusedExecutions | undefined {
    return this.#accounts.of(owner).recentlyRefused(this.#options.nowMs());
  }

  slotFor(identity: SlotIdentity): Slot {
    return this.slots.get(identity);
  }

  /**
   * Stores a batch; each chunk is published as soon as it is written, so that what a viewer has seen can be read back.
   * What was stored of a batch that failed is known by its numbers: offered again, it counts as a repetition.
   */
  store(items: readonly Item[]): Outcome | Promise<Outcome> {
    if (items.length === 0) return this.commit();
    try {
      this.#index.settle();
      for (const [i, item] of items.entries()) {
        const wait = this.#writer.apply(item);
        if (wait !== undefined) return wait.then(() => this.store(items.slice(i)));
      }
    } catch (error) {
      return this.#alarm.failed(error);
    } finally {
      this.#writer.count();
    }
    return this.#sync();
  }

  /** Makes claims, and all that was stored, outlive the process; with `durable`, a power cut. */
  commit(): Outcome | Promise<Outcome> {
    if (this.#index.isSettled && this.#files.areSynced) return "stored";
    try {
      this.#index.settle();
    } catch (error) {
      return this.#alarm.failed(error);
    }
    return this.#sync();
  }

  #sync(): Outcome | Promise<Outcome> {
    if (this.#files.areSynced) return this.#alarm.works();
    return this.#files.sync().then(
      () => this.#alarm.works(),
      (error) => this.#alarm.failed(error),
    );
  }

  /**
   * Binds an identity to its owner, and stores what waited for that. It outlives the process with the next batch.
   *
   * @param owner Where that is known.
   */
  async claim(claim: Claim, owner?: Owner): Promise<Outcome> {
    try {
      const slot = await this.#claims.bind(claim, owner);
      if (slot === "hold") return "unavailable";
      if (slot !== undefined && "later" in slot) {
        this.#waiting.claimAfter(slot.later, claim);
        return this.#alarm.works();
      }
      if (slot?.execution === undefined) {
        this.#writer.dropRefused(this.slots.get(claim.identity));
        return "stored";
      }
      const unquarantined = this.#writer.unquarantine(slot, slot.execution);
      this.#options.publisher.changed(slot.execution);
      await unquarantined;
      return this.#alarm.works();
    } catch (error) {
      return this.#alarm.failed(error);
    }
  }

  /**
   * Takes an execution away for good; what comes of it later is acknowledged and thrown away. One that runs stays.
   * Rejects with what the file system threw.
   */
  remove(identity: SlotIdentity): Promise<"removed" | "running" | "missing"> {
    return this.#remover.remove(identity);
  }

  /** Closes all descriptors: the next line opens its file anew (log rotation by others, SIGHUP). */
  reopen(): void {
    this.#files.closeAll();
  }

  /** Brings the states in the index up to date, for a question that is answered from it: about one owner, or all. */
  indexStates(owner: string | undefined): void {
    this.#trying(() => this.#index.flushStates(owner));
  }

  /** Writes what the index lacks and closes the files. Nothing may be stored afterwards. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#loading.stop();
    await this.#housekeeping.stop();
    this.#trying(() => {
      this.#index.settle();
      this.#index.flush();
    });
    this.#files.closeAll();
  }

  /** What the index has is a little old when this fails: better than no answer; its rows know that they are open. */
  #trying(bringUpToDate: () => void): void {
    try {
      bringUpToDate();
    } catch (error) {
      this.#alarm.failed(error);
    }
  }

  /** An execution that was running: what its files say counts, not the index's row. */
  #loadOpen(row: SlotIdentity): void {
    const slot = this.slots.get(row);
    try {
      const execution = this.slots.load(slot);
      if (execution === undefined) return;
      this.#index.touch(slot);
      // The collector ended between its last line and the merge.
      this.#merges.consider(execution);
    } catch (error) {
      const { node, x } = row;
      this.#options.log.event("error", "cannot load an execution", { node, x, error: failureCode(error) });
    }
  }
}
