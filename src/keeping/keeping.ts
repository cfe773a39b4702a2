import type { Audit } from "../host/audit.ts";
import type { Hold, PruneEvent, PruneRequest, USAGE_KEYS, Usage, UsageLimits } from "../wire/keeping.ts";
import { asTime } from "../wire/time.ts";
import type { DiskForecast } from "./disk-forecast.ts";
import { type HeldThing, type Holdable, type Holds, MAX_HOLDS_PER_OWNER } from "./holds.ts";
import type { KeptStore, StoredRow } from "./ports.ts";
import { BATCH, Removals } from "./removals.ts";
import { UsageSums } from "./usage-sums.ts";
import { walk } from "./walk.ts";

/** Who asks, from where. */
interface Asking {
  readonly user: string;
  readonly address?: string | undefined;
}

interface KeepingOptions {
  readonly store: KeptStore;
  readonly holds: Holds;
  readonly heldBytesPerUser: number;
  /** What the store accepts from one user. */
  readonly bytesPerUser: number;
  readonly forecast: Pick<DiskForecast, "secondsUntilFull">;
  readonly audit: Audit;
  readonly wallMs: () => number;
}

/** `many`: too many holds. `quota`: they would protect too much. */
type Kept = { readonly is: "kept" } | { readonly is: "many" | "quota"; readonly message: string };

/** What people ask for: holds, deletion by age, and figures. The caller has checked whose data they may name. */
export class Keeping {
  readonly #options: KeepingOptions;
  readonly #removals: Removals;

  constructor(options: KeepingOptions) {
    this.#options = options;
    this.#removals = new Removals(options.store, options.audit);
  }

  /** The hold on an execution, if there is one. */
  holdOf(execution: Holdable): Hold | undefined {
    return this.#options.holds.of(execution);
  }

  holds(owner: string | undefined): Hold[] {
    return this.#options.holds.list(owner);
  }

  /** Places a hold. An owner's own holds together must fit into the quota. */
  async keep(thing: HeldThing, by: Hold["by"], asking: Asking): Promise<Kept> {
    const { holds, audit, wallMs, heldBytesPerUser } = this.#options;
    const event = { event: "hold", ...asking, by, ...thing } as const;
    const bytes = by === "admin" || holds.has(thing, by) ? 0 : await this.#heldBytesWith(thing);
    if (bytes > heldBytesPerUser) {
      audit.record({ ...event, outcome: "refused", reason: "quota" });
      const message = `Cannot keep this: with it ${bytes} bytes would be kept, limit is ${heldBytesPerUser}. Release others first`;
      return { is: "quota", message };
    }
    const hold: Hold = { ...thing, by, user: asking.user, since: asTime(wallMs()) };
    if (!holds.place(hold)) {
      audit.record({ ...event, outcome: "refused", reason: "too many" });
      const message = `Cannot keep this: ${MAX_HOLDS_PER_OWNER} holds exist, which is the limit. Keep a job, or release others first`;
      return { is: "many", message };
    }
    audit.record({ ...event, outcome: "ok", action: "keep" });
    return { is: "kept" };
  }

  /** Lifts a hold. Returns whether there was one. */
  release(thing: HeldThing, by: Hold["by"], asking: Asking): boolean {
    const { holds, audit } = this.#options;
    if (!holds.release(thing, by)) return false;
    audit.record({ event: "hold", ...asking, outcome: "ok", action: "release", by, ...thing });
    return true;
  }

  /** Deletes ended executions of an owner, oldest start first, and names each. Rejects with the file system's error. */
  async *prune(request: PruneRequest & { readonly owner: string }, asking: Asking): AsyncGenerator<PruneEvent> {
    const { store, holds, wallMs } = this.#options;
    const { olderThanMs, job, run, owner, dryRun } = request;
    const tally = { executions: 0, bytes: 0, busy: 0, failed: 0 };
    const cause = { event: "prune", ...asking, reason: `older than ${olderThanMs} ms` } as const;
    const beforeMs = wallMs() - olderThanMs;
    let held = 0;
    let batch: StoredRow[] = [];
    const flush = async (): Promise<PruneEvent[]> => {
      const rows = batch;
      batch = [];
      const removed = rows.map((row) => ({ row, cause }));
      const stays = dryRun ? [] : await this.#removals.remove(removed, tally);
      if (dryRun) for (const { diskBytes } of rows) addTo(tally, diskBytes);
      return rows.filter((row) => !stays.includes(row)).map(goneOf);
    };
    await store.settle(owner);
    for await (const row of walk(store, owner)) {
      if (Date.parse(row.startedAt) > beforeMs) break;
      const isWanted = (job === undefined || job === row.job) && (run === undefined || run === row.run);
      if (!isWanted || row.overAt === "" || Date.parse(row.overAt) > beforeMs) continue;
      if (holds.of(row) !== undefined) {
        held += 1;
        continue;
      }
      batch.push(row);
      if (batch.length === BATCH) yield* await flush();
    }
    yield* await flush();
    yield { t: "end", ...tally, held };
  }

  /** What executions of an owner, or of everybody, take, the most first. */
  async usage(by: (typeof USAGE_KEYS)[number], owner: string | undefined): Promise<Usage[]> {
    const { store, holds } = this.#options;
    await store.settle(owner);
    const sums = new UsageSums(by);
    for await (const row of walk(store, owner)) sums.add(row, holds.of(row) !== undefined);
    return sums.most();
  }

  limits(): UsageLimits {
    const { bytesPerUser, heldBytesPerUser, forecast } = this.#options;
    const seconds = forecast.secondsUntilFull();
    return { bytesPerUser, heldBytesPerUser, diskFullSeconds: Number.isFinite(seconds) ? Math.round(seconds) : null };
  }

  async #heldBytesWith(thing: HeldThing): Promise<number> {
    const { store, holds } = this.#options;
    let bytes = 0;
    await store.settle(thing.owner);
    for await (const row of walk(store, thing.owner))
      if (isOf(row, thing) || holds.of(row)?.by === "owner") bytes += row.diskBytes;
    return bytes;
  }
}

function isOf(row: StoredRow, { x, node, job, run }: HeldThing): boolean {
  if (x !== undefined) return row.x === x && row.node === node;
  return row.job === job && (run === undefined || row.run === run);
}

function addTo(tally: { executions: number; bytes: number }, bytes: number): void {
  tally.executions += 1;
  tally.bytes += bytes;
}

function goneOf({ x, node, owner, job, startedAt, diskBytes: bytes }: StoredRow): PruneEvent {
  return { t: "gone", x, node, owner, job, startedAt, bytes };
}
