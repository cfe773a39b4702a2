import type { Audit } from "../host/audit.ts";
import type { RetentionConfig } from "../host/config-retention.ts";
import type { Log } from "../host/log.ts";
import type { Count } from "../host/metrics.ts";
import type { Holds } from "./holds.ts";
import { type Fact, Plan, type Reason, type Situation } from "./plan.ts";
import type { KeptStore, StoredRow } from "./ports.ts";
import { BATCH, Removals, type Tally } from "./removals.ts";
import { factOf, walk } from "./walk.ts";

interface SweeperOptions {
  readonly store: KeptStore;
  readonly policy: RetentionConfig;
  readonly holds: Pick<Holds, "of">;
  readonly audit: Audit;
  readonly log: Log;
  readonly deleted: (reason: Reason) => Count;
  readonly wallMs: () => number;
}

interface Going {
  readonly row: StoredRow;
  readonly fact: Fact;
  readonly reason: Reason;
}

/** Carries out the plan: one sweep deletes everything that has to go now. */
export class Sweeper {
  readonly #options: SweeperOptions;
  readonly #removals: Removals;

  constructor(options: SweeperOptions) {
    this.#options = options;
    this.#removals = new Removals(options.store, options.audit);
  }

  /** Bytes missing from the free space that must stay. */
  lackingBytes(): number {
    const { store, policy } = this.#options;
    const disk = store.disk();
    if (policy.minFree === undefined || disk === undefined) return 0;
    const least = "share" in policy.minFree ? policy.minFree.share * disk.totalBytes : policy.minFree.bytes;
    return Math.ceil(least - disk.freeBytes);
  }

  /** Rejects with the file system's or SQLite's error; the next sweep goes on. */
  async sweep(signal: AbortSignal): Promise<Tally> {
    const { store, policy, log } = this.#options;
    const tally = { executions: 0, bytes: 0, busy: 0, failed: 0 };
    await store.settle(undefined);
    const first = new Plan(policy, this.#situation());
    await this.#carryOut(first, { tally, signal });
    // The plan counts blocks of files; the disk knows better.
    if (first.lackingBytes > 0 || this.lackingBytes() > 0) {
      const second = new Plan(policy, this.#situation(), { isSecond: true });
      await this.#carryOut(second, { tally, signal });
    }
    if (tally.executions > 0 || tally.failed > 0) log.event("notice", "retention deleted executions", { ...tally });
    return tally;
  }

  #situation(): Situation {
    const { store, wallMs } = this.#options;
    return {
      nowMs: wallMs(),
      lackingBytes: this.lackingBytes(),
      owners: new Map(store.owners().map(({ owner, ...of }) => [owner, of])),
      isOfNewestRuns: (of, newest) => store.isOfNewestRuns(of, newest),
    };
  }

  async #carryOut(plan: Plan, to: { tally: Tally; signal: AbortSignal }): Promise<void> {
    const { store, holds } = this.#options;
    let batch: Going[] = [];
    for await (const row of walk(store)) {
      if (to.signal.aborted || plan.isOver(Date.parse(row.startedAt))) break;
      const fact = factOf(row, holds.of(row)?.by);
      const reason = plan.consider(fact);
      if (reason === undefined) continue;
      batch.push({ row, fact, reason });
      if (batch.length < BATCH) continue;
      await this.#remove(batch, plan, to.tally);
      batch = [];
    }
    if (batch.length > 0) await this.#remove(batch, plan, to.tally);
  }

  async #remove(batch: readonly Going[], plan: Plan, tally: Tally): Promise<void> {
    const caused = batch.map(({ row, reason }) => ({ row, cause: { event: "retention", reason } as const }));
    const stays = new Set(await this.#removals.remove(caused, tally));
    for (const { row, fact, reason } of batch) {
      if (stays.has(row)) plan.stays(fact);
      else this.#options.deleted(reason).inc();
    }
  }
}
