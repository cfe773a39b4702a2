import type { DiscardReason, RefusedExecutions } from "../../wire/discard.ts";
import { TokenBucket } from "./token-bucket.ts";

/** Limits of one owner. 0 means unlimited, except for running executions. */
export interface OwnerLimits {
  readonly runningExecutions: number;
  readonly executionsPerMinute: number;
  readonly linesPerSecond: number;
  readonly bytesPerSecond: number;
  readonly bytesOnDisk: number;
}

/** A limit that an owner has exceeded. */
export interface OverLimit {
  readonly reason: DiscardReason;
  readonly limit: number;
}

/** An account's view of an execution: the size of its files, and how much of it is charged. */
interface Accounted {
  readonly diskBytes: number;
  accountedBytes: number;
}

/** How long the rate may be exceeded before the first line is refused. */
const BURST_SECONDS = 10;
const SECONDS_A_MINUTE = 60;
const REFUSALS_SHOWN_FOR_MS = 600_000;
/** Nodes whose rates are remembered per owner; beyond that all start again with a full burst. */
const MAX_NODES = 4_096;
/** Executions of an owner whose disk is full: enough to show in the viewer what happened, yet bounded. */
const BEGINS_BEYOND_QUOTA = 1.1;
interface Rates {
  readonly lines: TokenBucket;
  readonly bytes: TokenBucket;
  readonly begins: TokenBucket;
}

/** One owner's use of the limits. Checked once per chunk, so it must cost nothing beside the write. */
export class OwnerAccount {
  readonly #limits: OwnerLimits;
  /** By node: one node's use in an owner's name must not take another node's share. */
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

  /** Why no line that this node sends for the owner may be stored now. */
  refusesLines(node: string, nowMs: number): OverLimit | undefined {
    const { bytesOnDisk, linesPerSecond, bytesPerSecond } = this.#limits;
    if (bytesOnDisk > 0 && this.#bytesOnDisk >= bytesOnDisk) return { reason: "bytes-on-disk", limit: bytesOnDisk };
    const { lines, bytes } = this.#ratesOf(node);
    if (!lines.isOpen(nowMs)) return { reason: "lines-per-second", limit: linesPerSecond };
    if (!bytes.isOpen(nowMs)) return { reason: "bytes-per-second", limit: bytesPerSecond };
    return undefined;
  }

  /** Why no further execution may begin now. */
  refusesBegin(node: string, nowMs: number): OverLimit | undefined {
    const { bytesOnDisk, executionsPerMinute } = this.#limits;
    if (bytesOnDisk > 0 && this.#bytesOnDisk >= bytesOnDisk * BEGINS_BEYOND_QUOTA)
      return { reason: "bytes-on-disk", limit: bytesOnDisk };
    if (!this.#ratesOf(node).begins.isOpen(nowMs))
      return { reason: "executions-per-minute", limit: executionsPerMinute };
    return undefined;
  }

  /** Another execution has begun. One that could not be stored is retried, and does not count. */
  begun(node: string): void {
    this.#ratesOf(node).begins.take(1);
  }

  /** Another execution could not begin. */
  noteRefused({ reason, limit }: OverLimit, nowMs: number): void {
    const executions = (this.recentlyRefused(nowMs)?.executions ?? 0) + 1;
    this.#refused = { executions, reason, limit };
    this.#refusedAtMs = nowMs;
  }

  /** Number of executions that could not begin, until ten minutes pass without one. */
  recentlyRefused(nowMs: number): RefusedExecutions | undefined {
    return nowMs - this.#refusedAtMs <= REFUSALS_SHOWN_FOR_MS ? this.#refused : undefined;
  }

  stored(node: string, lines: number, bytes: number): void {
    const rates = this.#ratesOf(node);
    rates.lines.take(lines);
    rates.bytes.take(bytes);
  }

  /** Charges a change in the size of an execution's files. */
  settle(execution: Accounted): void {
    const { diskBytes, accountedBytes } = execution;
    this.#bytesOnDisk = Math.max(0, this.#bytesOnDisk + diskBytes - accountedBytes);
    execution.accountedBytes = diskBytes;
  }

  /** Refunds an execution whose files are gone. */
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
