import type { JobRetention, RetentionConfig } from "../host/config-retention.ts";
import { matchesPattern } from "./job-pattern.ts";

/** Why an execution goes. */
export type Reason = "max-age" | "bytes-per-user" | "bytes" | "min-free";

/** Everything that decides about one execution. */
export interface Fact {
  readonly owner: string;
  readonly job: string;
  readonly run: string;
  readonly startedAtMs: number;
  /** Undefined: the execution is running, or still expects lines. */
  readonly overAtMs: number | undefined;
  readonly bytes: number;
  readonly hold: "owner" | "admin" | undefined;
}

/** The state when a sweep begins. */
export interface Situation {
  readonly nowMs: number;
  /** Bytes missing from the free space that must stay; 0 or less if there is enough. */
  readonly lackingBytes: number;
  readonly owners: ReadonlyMap<string, { readonly executions: number; readonly bytes: number }>;
  /** Whether a run is one of the `newest` last runs of its owner's job. */
  readonly isOfNewestRuns: (of: Pick<Fact, "owner" | "job" | "run">, newest: number) => boolean;
}

interface OwnerState {
  /** Executions that have not been considered yet, and all bytes that stay. */
  left: number;
  bytes: number;
  /** Bytes of this owner that holds protect. */
  heldBytes: number;
}

/**
 * Decides what goes, for executions offered from the oldest start to the newest. What is stronger comes first:
 *
 *     running  >  an administrator's hold  >  the owner's hold, within the quota
 *              >  min-free  >  the newest N  >  age, bytes of the user, bytes of all
 *
 * The newest are spared in a first pass; where that does not free enough, a second one takes them for `min-free` alone.
 * Knows no file, no clock and no index.
 */
export class Plan {
  readonly #policy: RetentionConfig;
  readonly #at: Situation;
  readonly #isSecond: boolean;
  readonly #owners = new Map<string, OwnerState>();
  readonly #youngestAgeMs: number;
  /** Owners with more than `bytesPerUser`. */
  #ownersOver = 0;
  #bytes: number;
  #lackingBytes: number;

  constructor(policy: RetentionConfig, at: Situation, { isSecond = false } = {}) {
    this.#policy = policy;
    this.#at = at;
    this.#isSecond = isSecond;
    for (const [owner, { executions, bytes }] of at.owners) {
      this.#owners.set(owner, { left: executions, bytes, heldBytes: 0 });
      if (this.#isOver(bytes)) this.#ownersOver += 1;
    }
    this.#bytes = [...at.owners.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    this.#lackingBytes = at.lackingBytes;
    const ages = [policy.maxAgeMs, ...policy.jobs.map(({ maxAgeMs }) => maxAgeMs)];
    this.#youngestAgeMs = Math.min(...ages.map((age) => (typeof age === "number" ? age : Number.POSITIVE_INFINITY)));
  }

  /** Bytes still to be freed for `min-free`. */
  get lackingBytes(): number {
    return this.#lackingBytes;
  }

  /** Whether nothing that started at this time or later can go. */
  isOver(startedAtMs: number): boolean {
    if (this.#lackingBytes > 0) return false;
    if (this.#isSecond) return true;
    const { bytes = Number.POSITIVE_INFINITY } = this.#policy;
    return this.#bytes <= bytes && this.#ownersOver === 0 && this.#at.nowMs - startedAtMs <= this.#youngestAgeMs;
  }

  /** Why this one goes; undefined if it stays. Later calls count it as gone. */
  consider(fact: Fact): Reason | undefined {
    const owner = this.#ownerOf(fact.owner);
    const rule = this.#policy.jobs.find(({ pattern }) => matchesPattern(fact.job, pattern));
    const isNewest = owner.left <= this.#policy.newest || this.#isOfNewestRuns(fact, rule?.newestRuns ?? 0);
    owner.left -= 1;
    if (fact.overAtMs === undefined || this.#isHeld(fact, owner)) return undefined;
    const reason = this.#reasonFor(fact, { owner, rule, isNewest });
    if (reason !== undefined) this.#take(fact, -1);
    return reason;
  }

  /** Counts one that stays after all: somebody uses it, or the disk refuses. */
  stays(fact: Fact): void {
    this.#take(fact, 1);
  }

  #reasonFor(
    fact: Fact,
    of: { owner: OwnerState; rule: JobRetention | undefined; isNewest: boolean },
  ): Reason | undefined {
    const { bytes = Number.POSITIVE_INFINITY } = this.#policy;
    if (!of.isNewest && !this.#isSecond) {
      const maxAgeMs = of.rule?.maxAgeMs ?? this.#policy.maxAgeMs;
      if (typeof maxAgeMs === "number" && this.#at.nowMs - (fact.overAtMs ?? 0) > maxAgeMs) return "max-age";
      if (this.#isOver(of.owner.bytes)) return "bytes-per-user";
      if (this.#bytes > bytes) return "bytes";
    }
    return this.#lackingBytes > 0 && (this.#isSecond || !of.isNewest) ? "min-free" : undefined;
  }

  /** An owner's holds fill the quota with the oldest executions first. */
  #isHeld({ hold, bytes }: Fact, owner: OwnerState): boolean {
    if (hold === "admin") return true;
    if (hold === undefined || owner.heldBytes + bytes > this.#policy.heldBytesPerUser) return false;
    owner.heldBytes += bytes;
    return true;
  }

  #isOfNewestRuns(fact: Fact, newest: number): boolean {
    return newest > 0 && this.#at.isOfNewestRuns(fact, newest);
  }

  #isOver(bytes: number): boolean {
    return bytes > (this.#policy.bytesPerUser ?? Number.POSITIVE_INFINITY);
  }

  #take({ owner, bytes }: Fact, sign: 1 | -1): void {
    const of = this.#ownerOf(owner);
    const wasOver = this.#isOver(of.bytes);
    of.bytes += sign * bytes;
    this.#ownersOver += Number(this.#isOver(of.bytes)) - Number(wasOver);
    this.#bytes += sign * bytes;
    this.#lackingBytes += sign * bytes;
  }

  #ownerOf(owner: string): OwnerState {
    const known = this.#owners.get(owner) ?? { left: 0, bytes: 0, heldBytes: 0 };
    this.#owners.set(owner, known);
    return known;
  }
}
