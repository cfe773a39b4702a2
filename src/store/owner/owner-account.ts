import type { DiscardReason, RefusedExecutions } from "../../wire/discard.ts";
import { TokenBucket } from "./token-bucket.ts";

/** What one owner may use; 0, but for running executions: as much as there is. */
export interface OwnerLimits {
  readonly runningExecutions: number;
  readonly executionsPerMinute: number;
  readonly linesPerSecond: number;
  readonly bytesPerSecond: number;
  readonly bytesOnDisk: number;
}

/** Which limit an owner is over. */
export interface Refusal {
  readonly reason: DiscardReason;
  readonly limit: number;
}

/** What an account knows of an execution: what its files take, and what of it the account has. */
export interface Accounted {
  readonly diskBytes: number;
  accountedBytes: number;
}

/** Above the rate for so long before the first line is refused. */
const BURST_SECONDS = 10;
const SECONDS_A_MINUTE = 60;
const REFUSALS_SHOWN_FOR_MS = 600_000;
/** Executions of an owner whose disk is full: enough to see in the viewer what happened, and yet bounded. */
const BEGINS_BEYOND_QUOTA = 1.1;
/** Both files of an execution, a block each. */
const EXECUTION_BYTES = 8_192;
/** A run in the sidecar. In great disorder they take more than the lines. */
const RUN_BYTES = 64;

/** What one owner has used, against the limits. Asked once a chunk: it must cost nothing beside the write. */
export class OwnerAccount {
  readonly #limits: OwnerLimits;
  readonly #lines: TokenBucket;
  readonly #bytes: TokenBucket;
  readonly #begins: TokenBucket;
  #bytesOnDisk: number;
  #refused: RefusedExecutions | undefined;
  #refusedAtMs = 0;

  constructor(limits: OwnerLimits, bytesOnDisk: number) {
    const rate = { burstSeconds: BURST_SECONDS, reopenShare: 0.5 };
    this.#limits = limits;
    this.#bytesOnDisk = bytesOnDisk;
    this.#lines = new TokenBucket({ perSecond: limits.linesPerSecond, ...rate });
    this.#bytes = new TokenBucket({ perSecond: limits.bytesPerSecond, ...rate });
    const perSecond = limits.executionsPerMinute / SECONDS_A_MINUTE;
    this.#begins = new TokenBucket({ perSecond, burstSeconds: SECONDS_A_MINUTE, reopenShare: 0 });
  }

  get bytesOnDisk(): number {
    return this.#bytesOnDisk;
  }

  /** Why nothing of this owner may be stored now. */
  refusesLines(nowMs: number): Refusal | undefined {
    const { bytesOnDisk, linesPerSecond, bytesPerSecond } = this.#limits;
    if (bytesOnDisk > 0 && this.#bytesOnDisk >= bytesOnDisk) return { reason: "bytes-on-disk", limit: bytesOnDisk };
    if (!this.#lines.isOpen(nowMs)) return { reason: "lines-per-second", limit: linesPerSecond };
    if (!this.#bytes.isOpen(nowMs)) return { reason: "bytes-per-second", limit: bytesPerSecond };
    return undefined;
  }

  /** Why one more execution may not begin now. */
  refusesBegin(nowMs: number): Refusal | undefined {
    const { bytesOnDisk, executionsPerMinute } = this.#limits;
    if (bytesOnDisk > 0 && this.#bytesOnDisk >= bytesOnDisk * BEGINS_BEYOND_QUOTA)
      return { reason: "bytes-on-disk", limit: bytesOnDisk };
    if (!this.#begins.isOpen(nowMs)) return { reason: "executions-per-minute", limit: executionsPerMinute };
    return undefined;
  }

  /** One more execution has begun. One that could not be stored is tried again and again, and is none. */
  begun(): void {
    this.#begins.take(1);
  }

  /** One more execution could not begin. */
  noteRefused({ reason, limit }: Refusal, nowMs: number): void {
    const executions = (this.recentlyRefused(nowMs)?.executions ?? 0) + 1;
    this.#refused = { executions, reason, limit };
    this.#refusedAtMs = nowMs;
  }

  /** How many could not begin, until there were none for ten minutes. */
  recentlyRefused(nowMs: number): RefusedExecutions | undefined {
    return nowMs - this.#refusedAtMs <= REFUSALS_SHOWN_FOR_MS ? this.#refused : undefined;
  }

  stored(lines: number, bytes: number): void {
    this.#lines.take(lines);
    this.#bytes.take(bytes);
  }

  /** The files of an execution may be of another size than when they were looked at last. */
  settle(execution: Accounted): void {
    const { diskBytes, accountedBytes } = execution;
    this.#bytesOnDisk = Math.max(0, this.#bytesOnDisk + diskBytes - accountedBytes);
    execution.accountedBytes = diskBytes;
  }

  /** The files are gone. */
  remove({ accountedBytes }: Pick<Accounted, "accountedBytes">): void {
    this.#bytesOnDisk = Math.max(0, this.#bytesOnDisk - accountedBytes);
  }
}

/** What an execution takes of its owner's disk space, by the bytes of its logs and its disorder. */
export function diskBytesOf(logBytes: number, runs: number): number {
  return logBytes + EXECUTION_BYTES + runs * RUN_BYTES;
}
