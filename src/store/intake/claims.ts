import { dirname, join } from "node:path";
import type { SlotIdentity } from "../../frame/slot-identity.ts";
import type { Audit } from "../../host/audit.ts";
import type { Log } from "../../host/log.ts";
import { LogThrottle } from "../../host/log-throttle.ts";
import type { Begin } from "../../wire/begin.ts";
import { asTime } from "../../wire/time.ts";
import type { OpenFiles } from "../disk/open-files.ts";
import { failureCode, isPoison } from "../disk/storage-error.ts";
import { createExecution } from "../execution/create-execution.ts";
import type { Origin } from "../execution/origin.ts";
import type { IndexDb } from "../index/index-db.ts";
import type { IntervalSpill } from "../numbers/spilling-intervals.ts";
import type { Refusal } from "../owner/owner-account.ts";
import type { OwnerAccounts } from "../owner/owner-accounts.ts";
import type { OwnerFolders } from "../owner/owner-folder.ts";
import type { Owner, OwnerAnswer, OwnerLookup } from "../owner/owner-lookup.ts";
import type { OwnerRecords } from "../owner/owner-records.ts";
import type { RunningCount } from "../owner/running-count.ts";
import type { Quarantine } from "../quarantine/quarantine.ts";
import type { StoreMetrics } from "../store-metrics.ts";
import { basePath, type IndexWriter } from "../table/index-writer.ts";
import type { Slot, SlotTable } from "../table/slots.ts";

/** A BEGIN, with the kernel's word for its uid. */
export interface Claim {
  readonly identity: SlotIdentity;
  readonly begin: Omit<Begin, "k">;
  readonly uid: number;
}

export interface ClaimsOptions {
  readonly slots: SlotTable;
  readonly index: IndexWriter;
  readonly rows: IndexDb;
  readonly folders: OwnerFolders;
  readonly records: OwnerRecords;
  readonly files: OpenFiles;
  readonly logsDir: string;
  readonly durable: boolean;
  readonly spill: IntervalSpill;
  readonly accounts: OwnerAccounts;
  readonly running: RunningCount;
  /** Executions that one owner may have running. */
  readonly maxRunning: number;
  readonly owners: OwnerLookup;
  readonly quarantine: Quarantine;
  readonly log: Log;
  readonly audit: Audit;
  readonly metrics: StoreMetrics;
  readonly nowMs: () => number;
  /** Time of day. */
  readonly wallMs: () => number;
}

/** A claim's outcome: the execution's slot, or why there is none yet. */
type Bound = Slot | "hold" | { readonly later: Promise<OwnerAnswer> } | undefined;

/** How far the clock of a node may be ahead. */
const MAX_AHEAD_MS = 60_000;

/** Binds identities to owners. A second BEGIN never displaces the first. */
export class Claims {
  readonly #options: ClaimsOptions;
  readonly #throttle: LogThrottle;

  constructor(options: ClaimsOptions) {
    this.#options = options;
    this.#throttle = new LogThrottle(options.nowMs);
  }

  /**
   * The slot with its execution, new or known; undefined when the BEGIN was refused: counted, said in the log, and its
   * frames stay in quarantine, or are thrown away when its owner is over a limit (`slot.refused`). A BEGIN whose owner
   * is not known stays there, too. `later`: it is kept there until the user directory answers. `hold`: the directory
   * fails, so the session has to wait and ask again.
   * Rejects with what the file system threw when the collector cannot store.
   *
   * @param named The owner, where the directory has been asked.
   */
  async bind({ identity, begin, uid }: Claim, named?: Owner): Promise<Bound> {
    const { slots, folders, records, owners, quarantine } = this.#options;
    try {
      const slot = slots.get(identity);
      if (slots.load(slot) !== undefined) return slot;
      if (slot.isDeleted) return this.#refuse("deleted", identity, uid);
      const owner = named ?? (await owners.of(identity.node, uid));
      if (owner === "hold") return "hold";
      if (owner === undefined || typeof owner === "string" || "later" in owner) {
        const quota = quarantine.keepBegin({ identity, uid }, begin);
        if (quota !== undefined) return this.#refuse(quota, identity, uid);
        if (owner === undefined) return this.#refuse("unknown-uid", identity, uid);
        if (typeof owner === "string") return undefined;
        void owner.later.then((answer) => answer === undefined && this.#refuse("unknown-uid", identity, uid));
        return owner;
      }
      const { job, argv, cwd, labels, pid, cut } = begin;
      if (cut !== undefined) this.#noteCut(cut, identity);
      const known = {
        ...identity,
        owner: records.idOf(owner),
        uid,
        job,
        argv,
        cwd,
        labels,
        pid,
        ...this.#startOf(begin),
      };
      const origin = cut === undefined ? known : { ...known, cut };
      return await folders.inside(owner, () => this.#create(origin));
    } catch (error) {
      if (!isPoison(error)) throw error;
      return this.#refuse(isSidecarInUse(error) ? "id-in-use" : "path", identity, uid);
    }
  }

  /** A start that lies ahead would head every list until then: it counts as now, and the claimed time stays a fact. */
  #startOf({ startedAt }: Claim["begin"]): Pick<Origin, "startedAt" | "claimedStartedAt"> {
    const nowMs = this.#options.wallMs();
    if (Date.parse(startedAt) <= nowMs + MAX_AHEAD_MS) return { startedAt };
    return { startedAt: asTime(nowMs), claimedStartedAt: startedAt };
  }

  #noteCut(cut: readonly string[], { node, x }: SlotIdentity): void {
    const { metrics, log } = this.#options;
    for (const member of cut) metrics.cutBegins(member).inc();
    if (!this.#throttle.isDue(`cut ${node}`)) return;
    log.event("warning", "BEGIN cut to its limits; the next ones of this node are only counted", {
      node,
      x,
      cut: cut.join(),
    });
  }

  #overLimit({ owner, node }: Origin): Refusal | undefined {
    const { accounts, running, maxRunning, nowMs } = this.#options;
    const refusal = accounts.of(owner).refusesBegin(node, nowMs());
    if (refusal !== undefined) return refusal;
    return running.isFull({ owner, node }, maxRunning)
      ? { reason: "running-executions", limit: maxRunning }
      : undefined;
  }

  #create(origin: Origin): Slot | undefined {
    const { slots, index, rows, folders, files, accounts, running, logsDir, durable, spill, nowMs } = this.#options;
    const slot = slots.get(origin);
    // Another connection may have brought the same BEGIN while this one waited.
    if (slots.load(slot) !== undefined) return slot;
    const refusal = this.#overLimit(origin);
    if (refusal !== undefined) return this.#refuseForLimit(slot, origin, refusal);
    // The owner has this id on this node already: nobody could say which of the two is meant.
    if (rows.isTaken(origin.owner, origin)) return this.#refuse("id-in-use", origin, origin.uid);
    const base = join(logsDir, basePath(origin));
    try {
      folders.prepareDay(dirname(base));
      slot.execution = createExecution(base, origin, { durable, spill, files, nowMs: nowMs() });
      index.insert(slot);
    } catch (error) {
      // The files may be there, and the row not: the next attempt takes them over.
      if (slot.execution !== undefined) files.close(slot.execution.main);
      slot.execution?.release();
      slot.execution = undefined;
      slot.isOpenInIndex = false;
      throw error;
    }
    const account = accounts.of(origin.owner);
    account.begun(origin.node);
    running.add(origin);
    account.settle(slot.execution);
    const { refused } = slot;
    slot.refused = undefined;
    if (refused !== undefined && refused.lastN > 0) slot.execution.discard([1, refused.lastN], refused.refusal);
    return slot;
  }

  #refuseForLimit(slot: Slot, { owner, uid }: Origin, refusal: Refusal): undefined {
    const { accounts, nowMs } = this.#options;
    // Its BEGIN comes again and again.
    if (slot.refused === undefined) accounts.of(owner).noteRefused(refusal, nowMs());
    slot.refused = { refusal, lastN: slot.refused?.lastN ?? 0 };
    return this.#refuse(refusal.reason, slot.identity, uid);
  }

  #refuse(reason: string, identity: SlotIdentity, uid: number): undefined {
    const { metrics, log, audit } = this.#options;
    metrics.refusedBegins(reason).inc();
    const { node, x } = identity;
    audit.record({ event: "begin", outcome: "refused", reason, node, uid, x });
    // A flood of BEGINs is a flood of counts, not of log lines.
    if (!this.#throttle.isDue(`${reason} ${node} ${uid}`)) return;
    log.event("warning", "BEGIN refused; the next ones like it are only counted", { reason, node, x, uid });
  }
}

/** Another execution's sidecar is in the place; a folder's place may be taken by a file, too, and that is not it. */
function isSidecarInUse(error: unknown): boolean {
  const path = error instanceof Error && "path" in error ? String(error.path) : "";
  return failureCode(error) === "EEXIST" && path.endsWith(".meta");
}
