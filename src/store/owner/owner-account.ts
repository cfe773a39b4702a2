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
export interface OverLimit {
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
/** Nodes whose rates are remembered for one owner; beyond it all begin anew, with a full burst. */
const MAX_NODES = 4_096;
/** Executions of an owner whose disk is full: enough to see in the viewer what happened, and yet bounded. */
const BEGINS_BEYOND_QUOTA = 1.1;
interface Rates {
  readonly lines: TokenBucket;
  readonly bytes: TokenBucket;
  readonly begins: TokenBucket;
}

/** What one owner has used, against the limits. Asked once a chunk: it must cost nothing beside the write. */
export class OwnerAccount {
  readonly #limits: OwnerLimits;
  /** By node: what one node brings in an owner's name uses up nothing of what another may bring. */
  readonly #rates = new Map<string, Rates>();
  #bytesOnDisk: number;
  #refused: RefusedExecutions | undefined;
  #refusedAtMs = 0;

  constructor(limits: OwnerLimits, bytesOnDisk: number) {
    this.#limits = limits;
    this.#bytesOnDisk = bytesOnDisk;
  }

  get bytesOnDisk(): number {
    return this.#bytesOnDisk;
  }

  /** Why nothing that this node sends for the owner may be stored now. */
  refusesLines(node: string, nowMs: number): OverLimit | undefined {
    const { bytesOnDisk, linesPerSecond, bytesPerSecond } = this.#limits;
    if (bytesOnDisk > 0 && this.#bytesOnDisk >= bytesOnDisk) return { reason: "bytes-on-disk", limit: bytesOnDisk };
    const { lines, bytes } = this.#ratesOf(node);
    if (!lines.isOpen(nowMs)) return { reason: "lines-per-second", limit: linesPerSecond };
    if (!bytes.isOpen(nowMs)) return { reason: "bytes-per-second", limit: bytesPerSecond };
    return undefined;
  }

  /** Why one more execution may not begin now. */
  refusesBegin(node: string, nowMs: number): OverLimit | undefined {
    const { bytesOnDisk, executionsPerMinute } = this.#limits;
    if (bytesOnDisk > 0 && this.#bytesOnDisk >= bytesOnDisk * BEGINS_BEYOND_QUOTA)
      return { reason: "bytes-on-disk", limit: bytesOnDisk };
    if (!this.#ratesOf(node).begins.isOpen(nowMs))
      return { reason: "executions-per-minute", limit: executionsPerMinute };
    return undefined;
  }

  /** One more execution has begun. One that could not be stored is tried again and again, and is none. */
  begun(node: string): void {
    this.#ratesOf(node).begins.take(1);
  }

  /** One more execution could not begin. */
  noteRefused({ reason, limit }: OverLimit, nowMs: number): void {
    const executions = (this.recentlyRefused(nowMs)?.executions ?? 0) + 1;
    this.#refused = { executions, reason, limit };
    this.#refusedAtMs = nowMs;
  }

  /** How many could not begin, until there were none for ten minutes. */
  recentlyRefused(nowMs: number): RefusedExecutions | undefined {
    return nowMs - this.#refusedAtMs <= REFUSALS_SHOWN_FOR_MS ? this.#refused : undefined;
  }

  stored(node: string, lines: number, bytes: number): void {
    const rates = this.#ratesOf(node);
    rates.lines.take(lines);
    rates.bytes.take(bytes);
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

  #ratesOf(node: string): Rates {
    const known = this.#rates.get(node);
    if (known !== undefined) return known;
    const { linesPerSecond, bytesPerSecond, executionsPerMinute } = this.#limits;
    const burst = { burstSeconds: BURST_SECONDS, reopenShare: 0.5 };
    const begins = {
      perSecond: executionsPerMinute / SECONDS_A_MINUTE,
      burstSeconds: SECONDS_A_MINUTE,
      reopenShare: 0,
    };
    const rates = {
      lines: new TokenBucket({ perSecond: linesPerSecond, ...burst }),
      bytes: new TokenBucket({ perSecond: bytesPerSecond, ...burst }),
      begins: new TokenBucket(begins),
    };
    if (this.#rates.size >= MAX_NODES) this.#rates.clear();
    this.#rates.set(node, rates);
    return rates;
  }
}
