import type { Chunk } from "../../frame/chunk.ts";
import type { Beat } from "../../frame/item.ts";
import type { Delivery, Execution, ExecutionState } from "../../wire/api.ts";
import type { Exit } from "../../wire/end.ts";
import { parseRunId } from "../../wire/run-id.ts";
import type { OpenFiles } from "../disk/open-files.ts";
import type { LineNumbers } from "../numbers/line-numbers.ts";
import type { IntervalSpill } from "../numbers/spilling-intervals.ts";
import { deliveryAfterEnd } from "./delivery-after-end.ts";
import type { Discards } from "./discards.ts";
import { blocks, indexBytesOf } from "./disk-bytes.ts";
import { ExecutionLogs } from "./execution-logs.ts";
import { summaryOf } from "./execution-summary.ts";
import type { EndSeen, Facts } from "./facts.ts";
import { Lifetime } from "./lifetime.ts";
import { NodeClock } from "./node-clock.ts";
import type { NumberedLog, Segment } from "./numbered-log.ts";
import type { AnyRecord, Sidecar } from "./sidecar.ts";
import { StoredNumbers } from "./stored-numbers.ts";

/**
 * One stored execution: its logs, the numbers they hold, and its outcome. The only writer of its files; every method
 * but `append` does its whole work, or throws the file system's error and has changed nothing.
 */
export class StoredExecution {
  readonly facts: Facts;
  /** Path of the files without their endings. */
  readonly base: string;
  readonly sidecar: Sidecar;
  readonly logs: ExecutionLogs;
  readonly numbers: StoredNumbers;
  /** A merge of its late lines waits, runs, or was interrupted: the next start must know. */
  isMergeDue = false;
  /** Its log is being sealed, which only this object may finish. */
  isBeingSealed = false;
  /** Bytes charged to the owner's account for it. */
  accountedBytes = 0;
  /** When its last line arrived, or else its BEGIN, by the collector's clock. */
  printedAtMs: number;
  readonly clock: NodeClock;
  readonly #life: Lifetime;
  #assignedRun: string | undefined;
  /** The last beat said that more may wait in the command's own buffer. */
  mayBuffer = false;
  readonly #indexBytes: number;
  #delivery: Delivery = "receiving";

  constructor(options: {
    readonly facts: Facts;
    readonly base: string;
    readonly sidecar: Sidecar;
    readonly spill: IntervalSpill;
    readonly nowMs: number;
  }) {
    this.facts = options.facts;
    this.base = options.base;
    this.printedAtMs = options.nowMs;
    this.sidecar = options.sidecar;
    this.#indexBytes = indexBytesOf(options.facts);
    this.numbers = new StoredNumbers(options.sidecar, options.spill);
    this.clock = new NodeClock(options.sidecar, options.facts.clockMs);
    this.#life = new Lifetime(options.sidecar, options.nowMs);
    this.logs = new ExecutionLogs(options.base, options.sidecar, options.spill);
  }

  /** The numbers that are stored. */
  get have(): LineNumbers {
    return this.numbers.have;
  }
  /** The numbers that were discarded, and why. */
  get discards(): Discards {
    return this.numbers.discards;
  }
  get owner(): string {
    return this.facts.owner;
  }
  get job(): string {
    return this.facts.job;
  }
  /** The launch of its job. One that an earlier version stored is alone in its run until `assignRun`. */
  get run(): string {
    return this.facts.run ?? this.#assignedRun ?? this.facts.x;
  }
  get x(): string {
    return this.facts.x;
  }
  get node(): string {
    return this.facts.node;
  }
  get endSeen(): EndSeen | undefined {
    return this.#life.endSeen;
  }
  get exit(): Exit | undefined {
    return this.#life.exit;
  }
  /** Whether the command, or a process that it left behind, may still print. */
  get isOpen(): boolean {
    return this.endSeen === undefined && !this.isLost;
  }
  get isLost(): boolean {
    return this.#life.isLost;
  }
  /** When it ended, or was last heard of; undefined while it is running. */
  get overAt(): string | undefined {
    return this.state === "running" ? undefined : (this.#life.overAt ?? this.facts.startedAt);
  }
  get hasRun(): boolean {
    return this.facts.run !== undefined || this.#assignedRun !== undefined;
  }
  /** A lost execution is at least missing its END; it may still send again. */
  get delivery(): Delivery {
    return this.isLost && this.endSeen === undefined ? "incomplete" : this.#delivery;
  }
  /** Whether nothing more is expected, so that its row in the index is final. */
  get isSettled(): boolean {
    return this.delivery !== "receiving" && !this.isMergeDue && !this.isBeingSealed;
  }
  /** Whether merging gives a whole log, with each line in its place. */
  get canMerge(): boolean {
    return this.logs.late !== undefined && this.delivery === "complete" && this.have.coversTo(this.have.last);
  }
  /** Since when its log could be sealed: it is complete, merged, and large enough. Undefined if it cannot be. */
  get sealableSinceMs(): number | undefined {
    const isWhole = this.delivery === "complete" && this.have.coversTo(this.have.last);
    return isWhole && this.logs.canBeSealed ? this.endSeen?.receivedAtMs : undefined;
  }
  get lines(): number {
    return this.logs.lines;
  }

  /** Disk space of its files and its row in the index, charged to the owner. */
  get diskBytes(): number {
    return this.logs.diskBytes + blocks(this.sidecar.size) + this.#indexBytes;
  }

  get state(): ExecutionState {
    const { exit } = this;
    if (exit === undefined) return this.isLost ? "lost" : "running";
    return exit.code === 0 ? "finished" : "failed";
  }

  /**
   * Stores the lines of a chunk that are not stored yet; numbers below the newest go to the late log. Yields each new
   * part once it is stored, in order; parts already stored stay if a later one fails.
   */
  append(chunk: Chunk, files: OpenFiles): Generator<Chunk, undefined> {
    this.mayBuffer = false;
    return this.numbers.append(chunk, this.logs, files);
  }

  /** Restores a record of the sidecar, except the numbering, which belongs to its logs. */
  restore(record: AnyRecord, nowMs: number): void {
    this.#life.restore(record, nowMs);
    this.discards.restore(record);
    this.clock.restore(record);
    if (record.t === "launch") this.#assignedRun = parseRunId(record.members["run"]);
  }

  /** Records the run of an execution that an earlier version stored. */
  assignRun(run: string): void {
    this.sidecar.append({ t: "launch", run });
    this.#assignedRun = run;
  }

  /** Call when all records are read and the logs scanned: determines, in steps, its stored numbers and its state. */
  *restored(late: NumberedLog | undefined, nowMs: number): Generator<undefined, void> {
    this.logs.restoreLate(late);
    yield* this.numbers.restore(this.logs);
    this.#judge(nowMs);
    this.isMergeDue = this.canMerge;
  }

  /** Takes the END, once. A second one changes nothing. */
  end(seen: EndSeen): void {
    if (this.endSeen !== undefined) return;
    this.discards.close(seen.lastN + 1);
    this.#life.end(seen);
  }

  isNewBeat(beat: number): boolean {
    return this.#life.isNewBeat(beat);
  }

  /** Takes a new beat: how many lines mlrun has numbered so far, and whether more may wait in the command's buffer. */
  beat({ lastN, beat, mayBuffer, exit }: Beat): void {
    if (exit !== undefined) this.#life.exited(exit);
    this.#life.beat(beat);
    this.mayBuffer = mayBuffer;
    this.numbers.told(lastN);
  }

  /** Records that the last beat and all earlier ones are old, for the next start. */
  recordBeat(): void {
    this.#life.recordBeat();
  }

  /** A sign of life. Returns whether the state changed. */
  heard(nowMs: number): boolean {
    return this.#life.heard(nowMs);
  }

  /** Judges by the clock: lost, complete, incomplete. Returns whether anything changed. */
  judge(nowMs: number): boolean {
    const isNew = this.#judge(nowMs);
    if (isNew && this.#delivery === "complete") this.#markEnd();
    return isNew;
  }

  #judge(nowMs: number): boolean {
    const before = this.#delivery;
    if (this.endSeen === undefined) return this.#life.judge(nowMs);
    this.#delivery = deliveryAfterEnd(this.endSeen, this, nowMs);
    return before !== this.#delivery;
  }

  #markEnd(): void {
    try {
      if (this.logs.late === undefined) this.logs.main.markEnd(this.endSeen?.end.endedAt ?? "");
    } catch {
      // Without the mark, the next load counts the last lines.
    }
  }

  get lastN(): number {
    return Math.max(this.numbers.lastN, this.endSeen?.lastN ?? 0);
  }

  segments(n: number, limit: number): Segment[] {
    return this.logs.segments(n, limit);
  }

  /** Releases resources outside of memory. Not to be used afterwards. */
  release(): void {
    this.have.release();
    this.logs.release();
  }

  summary(): Execution {
    return summaryOf(this);
  }
}
