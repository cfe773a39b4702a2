import { dirname, join } from "node:path";
import type { Claim } from "../../frame/item.ts";
import type { SlotIdentity } from "../../frame/slot-identity.ts";
import type { Audit } from "../../host/audit.ts";
import type { Log } from "../../host/log.ts";
import { LogThrottle } from "../../host/log-throttle.ts";
import { asTime } from "../../wire/time.ts";
import type { OpenFiles } from "../disk/open-files.ts";
import { failureCode, isPoison } from "../disk/storage-error.ts";
import { createExecution } from "../execution/create-execution.ts";
import type { Facts } from "../execution/facts.ts";
import type { StoredExecution } from "../execution/stored-execution.ts";
import type { IndexDb } from "../index/index-db.ts";
import type { IntervalSpill } from "../numbers/spilling-intervals.ts";
import type { OverLimit } from "../owner/owner-account.ts";
import type { OwnerAccounts } from "../owner/owner-accounts.ts";
import type { OwnerFolders } from "../owner/owner-folder.ts";
import type { Owner, OwnerAnswer, OwnerLookup } from "../owner/owner-lookup.ts";
import type { OwnerRecords } from "../owner/owner-records.ts";
import type { RunningCount } from "../owner/running-count.ts";
import type { UserMismatches } from "../owner/user-mismatches.ts";
import type { Quarantine } from "../quarantine/quarantine.ts";
import type { StoreMetrics } from "../store-metrics.ts";
import { basePath, type IndexWriter } from "../table/index-writer.ts";
import type { Slot } from "../table/slot.ts";
import type { SlotTable } from "../table/slots.ts";
import { RunChoice } from "./run-choice.ts";

interface ClaimsOptions {
  readonly slots: SlotTable;
  readonly indexWriter: IndexWriter;
  readonly indexDb: IndexDb;
  readonly folders: OwnerFolders;
  readonly records: OwnerRecords;
  readonly files: OpenFiles;
  readonly logsDir: string;
  readonly durable: boolean;
  readonly spill: IntervalSpill;
  readonly accounts: OwnerAccounts;
  readonly running: RunningCount;
  /** Most running executions of one owner. */
  readonly maxRunning: number;
  readonly owners: OwnerLookup;
  readonly quarantine: Quarantine;
  readonly mismatches: UserMismatches;
  /** How far a node's clock is behind, milliseconds; undefined: not known. */
  readonly clockOf: (node: string) => number | undefined;
  readonly log: Log;
  readonly audit: Audit;
  readonly metrics: StoreMetrics;
  readonly nowMs: () => number;
  /** Time of day. */
  readonly wallMs: () => number;
}

/** A claim's outcome: the execution's slot, or why there is none yet. */
type Bound = Slot | "hold" | { readonly later: Promise<OwnerAnswer> } | undefined;

/** How late the BEGIN of a command that starts now may come. */
const MAX_LATE_MS = 60_000;
/** How far a node's clock may be ahead. */
const MAX_AHEAD_MS = 60_000;

/** Binds identities to owners. A second BEGIN never displaces the first. */
export class Claims {
  readonly #options: ClaimsOptions;
  readonly #throttle: LogThrottle;
  readonly #runs: RunChoice;

  constructor(options: ClaimsOptions) {
    this.#options = options;
    this.#throttle = new LogThrottle(options.nowMs);
    const { indexDb, slots } = options;
    this.#runs = new RunChoice({
      runs: indexDb.runs,
      overAt: (identity) => {
        const execution = slots.known(identity);
        return execution === undefined ? undefined : (execution.overAt ?? "");
      },
    });
  }

  /**
   * The slot with its execution, new or known. Undefined if the BEGIN was refused: that is counted and logged, and its
   * frames stay in quarantine, or are discarded if its owner is over a limit (`slot.refused`). A BEGIN with an unknown
   * owner also stays there. `later`: it stays there until the user directory answers. `hold`: the directory fails, so
   * the session must wait and ask again.
   *
   * Rejects with the file system's error if the collector cannot store.
   *
   * @param named The owner, if the directory has been asked.
   */
  async bind({ identity, begin, uid }: Claim, named?: Owner): Promise<Bound> {
    const { slots, folders, records, owners, quarantine } = this.#options;
    try {
      const slot = slots.get(identity);
      if ((await slots.load(slot)) !== undefined) return slot;
      if (slot.is === "deleted") return this.#refuse("deleted", identity, uid);
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
      const { job, run, parent, within, argv, cwd, labels, pid, cut } = begin;
      if (cut !== undefined) this.#noteCut(cut, identity);
      const startOf = this.#startOf(begin);
      const claimedUser = this.#options.mismatches.compare({ ...begin, node: identity.node, uid }, owner.name);
      const clockMs = this.#clockAt(identity.node, begin.startedAt);
      const facts = {
        ...{ ...identity, owner: records.idOf(owner), uid, job, argv, cwd, labels, pid, ...startOf },
        ...(run === undefined ? {} : { run }),
        ...(parent === undefined ? {} : { parent }),
        ...(within === undefined ? {} : { within }),
        ...(claimedUser === undefined ? {} : { claimedUser }),
        ...(clockMs === undefined ? {} : { clockMs }),
        ...(cut === undefined ? {} : { cut }),
      };
      return await folders.inside(owner, () => this.#create(facts));
    } catch (error) {
      if (!isPoison(error)) throw error;
      return this.#refuse(isSidecarInUse(error) ? "id-in-use" : "path", identity, uid);
    }
  }

  /**
   * A start in the future would head every list until then: the arrival replaces it, and the claimed time stays a fact.
   */
  #startOf({ startedAt }: Claim["begin"]): Pick<Facts, "startedAt" | "claimedStartedAt"> {
    const nowMs = this.#options.wallMs();
    if (Date.parse(startedAt) <= nowMs + MAX_AHEAD_MS) return { startedAt };
    return { startedAt: asTime(nowMs), claimedStartedAt: startedAt };
  }

  /** The difference of the node's clock now, unless the BEGIN is an old one: the clock may have been set since. */
  #clockAt(node: string, startedAt: string): number | undefined {
    const clockMs = this.#options.clockOf(node);
    if (clockMs === undefined || clockMs === 0) return undefined;
    return this.#options.wallMs() - clockMs - Date.parse(startedAt) > MAX_LATE_MS ? undefined : clockMs;
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

  #overLimit({ owner, node }: Facts): OverLimit | undefined {
    const { accounts, running, maxRunning, nowMs } = this.#options;
    const refusal = accounts.of(owner).refusesBegin(node, nowMs());
    if (refusal !== undefined) return refusal;
    return running.isFull({ owner, node }, maxRunning)
      ? { reason: "running-executions", limit: maxRunning }
      : undefined;
  }

  /** @param facts `run` as BEGIN says it. */
  #create(facts: Facts): Slot | undefined | Promise<Slot | undefined> {
    const { slots, indexWriter, indexDb, folders, files, logsDir, durable, spill, nowMs } = this.#options;
    const slot = slots.get(facts);
    // Another connection may have delivered the same BEGIN meanwhile.
    const known = slots.load(slot);
    if (known instanceof Promise) return known.then(() => this.#create(facts));
    if (known !== undefined) return slot;
    const refusal = this.#overLimit(facts);
    if (refusal !== undefined) return this.#refuseForLimit(slot, facts, refusal);
    // The owner already has this id on this node: requests could not distinguish the two.
    if (indexDb.isTaken(facts.owner, facts)) return this.#refuse("id-in-use", facts, facts.uid);
    const base = join(logsDir, basePath(facts));
    const { refused } = slot;
    try {
      folders.prepareDay(dirname(base));
      const inRun = { ...facts, run: this.#runs.of(facts) };
      const execution = createExecution(base, inRun, { durable, spill, files, nowMs: nowMs() });
      slot.load(execution);
      indexWriter.insert(slot);
      this.#account(execution, refused);
    } catch (error) {
      // The files may exist without the row: the next attempt reuses them.
      const { execution } = slot;
      if (execution !== undefined) files.close(execution.logs.main);
      execution?.release();
      slot.unload();
      if (refused !== undefined) {
        slot.refuse(refused.refusal);
        slot.discarded(refused.lastN);
      }
      throw error;
    }
    return slot;
  }

  #account(execution: StoredExecution, refused: Slot["refused"]): void {
    const { accounts, running } = this.#options;
    const account = accounts.of(execution.owner);
    account.begun(execution.node);
    running.add(execution);
    account.settle(execution);
    if (refused !== undefined && refused.lastN > 0) execution.numbers.discard([1, refused.lastN], refused.refusal);
  }

  #refuseForLimit(slot: Slot, { owner, uid }: Facts, refusal: OverLimit): undefined {
    const { accounts, nowMs } = this.#options;
    // The same BEGIN may arrive again and again.
    if (slot.refused === undefined) accounts.of(owner).noteRefused(refusal, nowMs());
    slot.refuse(refusal);
    return this.#refuse(refusal.reason, slot.identity, uid);
  }

  #refuse(reason: string, identity: SlotIdentity, uid: number): undefined {
    const { metrics, log, audit } = this.#options;
    metrics.refusedBegins(reason).inc();
    const { node, x } = identity;
    audit.record({ event: "begin", outcome: "refused", reason, node, uid, x });
    // A flood of BEGINs must be a flood of counts, not of log lines.
    if (!this.#throttle.isDue(`${reason} ${node} ${uid}`)) return;
    log.event("warning", "BEGIN refused; the next ones like it are only counted", { reason, node, x, uid });
  }
}

/**
 * Whether another execution's sidecar is in the way. A file in place of a folder also gives EEXIST, but is a different
 * case.
 */
function isSidecarInUse(error: unknown): boolean {
  const path = error instanceof Error && "path" in error ? String(error.path) : "";
  return failureCode(error) === "EEXIST" && path.endsWith(".meta");
}
