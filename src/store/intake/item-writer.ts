import { setImmediate as nextTurn } from "node:timers/promises";
import type { Chunk } from "../../frame/chunk.ts";
import type { Item as ItemOf } from "../../frame/item.ts";
import type { SlotIdentity } from "../../frame/slot-identity.ts";
import { parseEnd } from "../../wire/end.ts";
import type { OpenFiles } from "../disk/open-files.ts";
import { failureCode, isPoison } from "../disk/storage-error.ts";
import type { LateMerges } from "../execution/late-merges.ts";
import type { StoredExecution } from "../execution/stored-execution.ts";
import type { OverLimit } from "../owner/owner-account.ts";
import type { OwnerAccounts } from "../owner/owner-accounts.ts";
import type { Quarantine } from "../quarantine/quarantine.ts";
import type { StoreMetrics } from "../store-metrics.ts";
import type { IndexWriter } from "../table/index-writer.ts";
import type { Slot } from "../table/slot.ts";
import type { SlotTable } from "../table/slots.ts";
import type { Publisher } from "./publisher.ts";

type Item = ItemOf<Slot>;

/** Labels of the counter of discarded lines, by limit. */
const DISCARD_LABELS = {
  "lines-per-second": "rate",
  "bytes-per-second": "rate",
  "bytes-on-disk": "disk-quota",
  "running-executions": "executions",
  "executions-per-minute": "executions",
  quarantine: "quarantine",
} as const;

/** Longest part of a turn of the event loop: an execution's items may be 4 MiB, and BEGINs may come all at once. */
const UNQUARANTINE_TURN_MS = 5;

interface ItemWriterOptions {
  readonly slots: SlotTable;
  readonly indexWriter: IndexWriter;
  readonly files: OpenFiles;
  readonly quarantine: Quarantine;
  readonly accounts: OwnerAccounts;
  readonly merges: LateMerges;
  readonly publisher: Publisher;
  /** Settles when the user directory has answered for an execution's owner, if it was asked. */
  readonly answerFor: (identity: SlotIdentity) => Promise<void> | undefined;
  readonly metrics: StoreMetrics;
  readonly nowMs: () => number;
}

/** Routes the items of a batch: to an execution's files, the quarantine, or a counter of discards. */
export class ItemWriter {
  readonly #options: ItemWriterOptions;
  /** Stored since the last `count`: calling a counter's `inc` for each chunk would cost more than numbering it. */
  #stored = { lines: 0, bytes: 0 };
  /** Why a load failed, for the item that waited for it. */
  readonly #unreadable = new WeakMap<Slot, unknown>();

  constructor(options: ItemWriterOptions) {
    this.#options = options;
  }

  /**
   * Stores one item, or keeps it for its owner. Throws the file system's error if nothing can be stored.
   *
   * @returns Undefined, or a promise after which to apply the item again: its execution is being loaded, or its owner
   * will be known in a moment, and there is no room for it until then.
   */
  apply(item: Item): Promise<void> | undefined {
    const { slots, indexWriter, metrics } = this.#options;
    const slot = item.slot.isRetired ? slots.get(item.slot.identity) : item.slot;
    try {
      const execution = this.#unreadable.has(slot) ? this.#rethrow(slot) : slots.load(slot);
      if (execution instanceof Promise)
        return execution.then(
          () => {},
          (error) => void this.#unreadable.set(slot, error),
        );
      if (execution === undefined) return this.#keepOrDiscard(slot, item);
      if (item.kind === "beat" && !execution.isNewBeat(item.beat)) return undefined;
      indexWriter.touch(slot);
      // Lines stored already were replayed: they say nothing about now.
      let isSignOfLife = true;
      if (item.kind === "lines") isSignOfLife = this.#append(execution, item.chunk) > 0;
      else if (item.kind === "end") this.#end(execution, item);
      else execution.beat(item);
      slot.usedAtMs = this.#options.nowMs();
      if (isSignOfLife && execution.heard(slot.usedAtMs)) indexWriter.touch(slot);
    } catch (error) {
      if (!isPoison(error)) throw error;
      metrics.failures(failureCode(error)).inc();
      return this.#keepOrDiscard(slot, item);
    }
    return undefined;
  }

  #rethrow(slot: Slot): never {
    const error = this.#unreadable.get(slot);
    this.#unreadable.delete(slot);
    throw error;
  }

  /**
   * Moves an execution's waiting items to its files, in short turns of the event loop; they leave the quarantine once they
   * are as safe there. After a failure they stay for the next attempt. Rejects with the file system's error if nothing
   * can be stored.
   */
  async unquarantine(slot: Slot, execution: StoredExecution): Promise<void> {
    const { indexWriter, files, quarantine, metrics, nowMs } = this.#options;
    const { identity } = slot;
    slot.usedAtMs = nowMs();
    const bytes = quarantine.bytesOf(identity);
    try {
      if (bytes > 0) indexWriter.touch(slot);
      let untilMs = nowMs() + UNQUARANTINE_TURN_MS;
      for (const item of quarantine.read(identity)) {
        if (item.t === "lines") this.#append(execution, item.chunk);
        else this.#end(execution, item);
        if (nowMs() < untilMs) continue;
        await nextTurn();
        // The slot no longer has this execution: the rest keeps waiting.
        if (slot.execution !== execution) return;
        untilMs = nowMs() + UNQUARANTINE_TURN_MS;
      }
      const loss = quarantine.takeLoss(identity);
      if (loss === undefined && bytes === 0) return;
      indexWriter.touch(slot);
      if (loss !== undefined) {
        execution.numbers.lost(loss, { reason: "quarantine", limit: loss.limitBytes });
        if (execution.endSeen !== undefined) execution.judge(nowMs());
      }
      await files.sync();
      // Items that arrived meanwhile, and could not be stored, stay.
      if (quarantine.bytesOf(identity) === bytes) quarantine.remove(identity);
    } catch (error) {
      if (!isPoison(error)) throw error;
      metrics.failures(failureCode(error)).inc();
    } finally {
      this.count();
    }
  }

  /** Discards the items waiting for a BEGIN that was refused because of its owner's limits. */
  dropRefused(slot: Slot): void {
    if (slot.refused === undefined) return;
    const { quarantine } = this.#options;
    for (const item of quarantine.read(slot.identity)) {
      if (item.t === "lines") this.#keepOrDiscard(slot, { kind: "lines", slot, chunk: item.chunk });
    }
    quarantine.remove(slot.identity);
  }

  /** Adds everything stored since the last call to the counters. */
  count(): void {
    const { metrics } = this.#options;
    metrics.lines.inc(this.#stored.lines);
    metrics.bytes.inc(this.#stored.bytes);
    this.#stored = { lines: 0, bytes: 0 };
  }

  /** Returns the number of new lines, stored or discarded. */
  #append(execution: StoredExecution, chunk: Chunk): number {
    const { accounts, files, merges, metrics, publisher, nowMs } = this.#options;
    const account = accounts.of(execution.owner);
    const refusal = account.refusesLines(execution.node, nowMs());
    if (refusal !== undefined) return this.#discard(execution, chunk, refusal);
    const nextN = execution.have.last + 1;
    let lines = 0;
    try {
      for (const part of execution.append(chunk, files)) {
        lines += part.count;
        account.stored(execution.node, part.count, part.cri.length);
        if (part.firstN < nextN) metrics.lateLines.inc(part.count);
        this.#stored.bytes += part.cri.length;
        publisher.publish(execution, part);
      }
    } finally {
      account.settle(execution);
      if (lines > 0) execution.printedAtMs = nowMs();
      this.#stored.lines += lines;
    }
    if (lines < chunk.count) metrics.duplicateLines.inc(chunk.count - lines);
    if (execution.endSeen !== undefined && execution.judge(nowMs())) merges.consider(execution);
    return lines;
  }

  #discard(execution: StoredExecution, { firstN, count }: Chunk, refusal: OverLimit): number {
    const { metrics, nowMs } = this.#options;
    const lines = execution.numbers.discard([firstN, firstN + count - 1], refusal);
    metrics.discardedLines(DISCARD_LABELS[refusal.reason]).inc(lines);
    if (lines < count) metrics.duplicateLines.inc(count - lines);
    if (execution.endSeen !== undefined) execution.judge(nowMs());
    return lines;
  }

  #end(execution: StoredExecution, item: { lastN: number; json: string }): void {
    const end = parseEnd(item.json);
    const { merges, metrics, nowMs } = this.#options;
    if (end === undefined) {
      metrics.discardedLines("end").inc();
      return;
    }
    execution.end({ lastN: item.lastN, end, receivedAtMs: nowMs() });
    if (execution.judge(nowMs())) merges.consider(execution);
  }

  #keepOrDiscard(slot: Slot, item: Item): Promise<void> | undefined {
    if (item.kind === "beat") return undefined;
    const { metrics, quarantine } = this.#options;
    const lines = item.kind === "lines" ? item.chunk.count : 0;
    const { refused } = slot;
    if (slot.is === "deleted") {
      metrics.discardedLines("deleted").inc(lines);
      return undefined;
    }
    if (refused !== undefined) {
      if (item.kind === "lines") slot.discarded(item.chunk.firstN + lines - 1);
      metrics.discardedLines(DISCARD_LABELS[refused.refusal.reason]).inc(lines);
      return undefined;
    }
    const kept =
      item.kind === "lines"
        ? ({ t: "lines", chunk: item.chunk } as const)
        : ({ t: "end", lastN: item.lastN, json: item.json } as const);
    const { identity, execution } = slot;
    const answer = this.#options.answerFor(identity);
    if (answer !== undefined && quarantine.isFullFor(identity, kept)) return answer;
    const quota = quarantine.add(identity, kept, execution?.facts.uid);
    if (quota === undefined) metrics.quarantinedLines.inc(lines);
    else metrics.discardedLines(quota).inc(lines);
    return undefined;
  }
}
