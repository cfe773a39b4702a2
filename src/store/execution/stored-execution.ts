import type { Chunk } from "../../frame/chunk.ts";
import { sliceChunk } from "../../frame/cri.ts";
import type { Delivery, Execution, ExecutionState, LineRange } from "../../wire/api.ts";
import { createFile } from "../disk/create-file.ts";
import type { OpenFiles } from "../disk/open-files.ts";
import type { LineNumbers } from "../numbers/line-numbers.ts";
import { type IntervalSpill, SpillingIntervals } from "../numbers/spilling-intervals.ts";
import { SpillingRuns } from "../numbers/spilling-runs.ts";
import type { Refusal } from "../owner/owner-account.ts";
import { Discards } from "./discards.ts";
import { summaryOf } from "./execution-summary.ts";
import { NumberedLog, type Segment } from "./numbered-log.ts";
import type { EndSeen, Origin } from "./origin.ts";
import type { LogName, Sidecar } from "./sidecar.ts";

/** With numbers missing after END: how long they may still be on their way. */
const RECEIVING_AFTER_END_MS = 30_000;
/** With more holes than this the time decides whether they are waited for. */
const MAX_EXPLAINED_HOLES = 1_000;
/** Beats between two that the sidecar has, five minutes: what a kill may make the collector forget. */
const BEATS_A_RECORD = 30;
/** Three beats missed. */
const LOST_AFTER_MS = 30_000;

/** A file takes whole blocks of the disk. */
const BLOCK_BYTES = 4_096;
/** A row of the index beside its texts: names and times in the table and in its ten indexes. */
const INDEX_ROW_BYTES = 1_536;

/** Numbers that were thrown away; 0: none. */
export interface LostLines {
  readonly firstN: number;
  readonly lastN: number;
  /** Lines that the execution has had, by its END. */
  readonly endN: number;
}

/**
 * One execution as it is stored: its logs, which numbers they hold, and what became of it. The only writer of its
 * files; every method but `append` does its whole work, or throws what the file system threw and has changed nothing.
 */
export class StoredExecution {
  readonly origin: Origin;
  /** Path of the files without their endings. */
  readonly base: string;
  readonly sidecar: Sidecar;
  main: NumberedLog;
  late: NumberedLog | undefined;
  /** Which numbers are stored. */
  readonly have: LineNumbers;
  /** Which numbers were thrown away, and why. */
  readonly discards: Discards;
  endSeen: EndSeen | undefined;
  /** Wall clock of the collector: when a frame of it last came. */
  heardAtMs: number;
  isLost = false;
  /** A merge of its late lines waits, is under way, or was cut short: whoever starts again has to know. */
  isMergeDue = false;
  /** What the owner's account has of it. */
  accountedBytes = 0;
  toldLastN = 0;
  lastBeat = 0;
  /** The last one that the sidecar has. */
  recordedBeat = 0;
  readonly #spill: IntervalSpill;
  readonly #indexBytes: number;
  #delivery: Delivery = "receiving";

  constructor(options: {
    readonly origin: Origin;
    readonly base: string;
    readonly sidecar: Sidecar;
    readonly spill: IntervalSpill;
    readonly nowMs: number;
  }) {
    this.origin = options.origin;
    this.base = options.base;
    this.sidecar = options.sidecar;
    this.#spill = options.spill;
    this.#indexBytes = indexBytesOf(options.origin);
    this.have = new SpillingIntervals(options.spill);
    this.discards = new Discards(options.sidecar);
    this.heardAtMs = options.nowMs;
    this.main = this.newLog("main");
  }

  get owner(): string {
    return this.origin.owner;
  }
  get job(): string {
    return this.origin.job;
  }
  get x(): string {
    return this.origin.x;
  }
  get node(): string {
    return this.origin.node;
  }
  /** One that is lost lacks its END at least; it may still speak again. */
  get delivery(): Delivery {
    return this.isLost && this.endSeen === undefined ? "incomplete" : this.#delivery;
  }
  /** Nothing more is expected of it: its row in the index says all. */
  get isSettled(): boolean {
    return this.delivery !== "receiving" && !this.isMergeDue;
  }
  /** A whole log comes of it: each line where its number says. */
  get canMerge(): boolean {
    return this.late !== undefined && this.delivery === "complete" && this.have.coversTo(this.have.last);
  }
  get lines(): number {
    return this.main.lines + (this.late?.lines ?? 0);
  }

  /** Bytes of the owner's disk space that its files and its row in the index take. */
  get diskBytes(): number {
    const { main, late, sidecar } = this;
    return blocks(main.size) + blocks(late?.size ?? 0) + blocks(sidecar.size) + this.#indexBytes;
  }

  get state(): ExecutionState {
    if (this.endSeen === undefined) return this.isLost ? "lost" : "running";
    return this.endSeen.end.code === 0 ? "finished" : "failed";
  }

  /**
   * Stores the lines of a chunk that are not stored yet; numbers below the newest go to the late log. Each part that is
   * new is handed out once it is stored, in order: when a later one fails, it stays.
   */
  *append(chunk: Chunk, files: OpenFiles): Generator<Chunk, undefined> {
    const last = chunk.firstN + chunk.count - 1;
    const nextN = this.have.last + 1;
    if (this.discards.isOpen) this.discards.close(chunk.firstN);
    if (chunk.firstN >= nextN) {
      this.main.append(chunk, files);
      this.have.add(chunk.firstN, last);
      yield chunk;
      return;
    }
    for (const [from, to] of this.have.missing(chunk.firstN, last)) {
      const part = sliceChunk(chunk, from, to);
      if (from >= nextN) this.main.append(part, files);
      else this.#lateLog(files).append(part, files);
      this.have.add(from, to);
      yield part;
    }
  }

  /** Lines of it were thrown away before it was known. Returns whether there are any that are not stored. */
  lost({ firstN, lastN, endN }: LostLines, refusal: Refusal): boolean {
    this.toldLastN = Math.max(this.toldLastN, endN);
    return lastN > 0 && this.discard([firstN, lastN], refusal) > 0;
  }

  /** Throws lines away that are not stored. Returns how many that are. */
  discard(range: LineRange, refusal: Refusal): number {
    let lines = 0;
    for (const [from, to] of this.have.missing(...range)) {
      this.discards.add(from, to, refusal);
      this.toldLastN = Math.max(this.toldLastN, to);
      lines += to - from + 1;
    }
    return lines;
  }

  /** Takes the END, once. A second one changes nothing. */
  end(seen: EndSeen): void {
    if (this.endSeen !== undefined) return;
    this.discards.close(seen.lastN + 1);
    this.sidecar.append({ t: "end", ...seen });
    this.endSeen = seen;
  }

  /** A beat that is not newer than the last one, or comes after the END, was replayed: it says nothing about now. */
  isNewBeat(beat: number): boolean {
    return beat > this.lastBeat && this.endSeen === undefined;
  }

  /** Takes a new beat: what mlrun says it has numbered so far. */
  beat(lastN: number, beat: number): void {
    if (Math.floor(beat / BEATS_A_RECORD) > Math.floor(this.lastBeat / BEATS_A_RECORD)) this.recordBeat(beat);
    this.lastBeat = beat;
    this.toldLastN = Math.max(this.toldLastN, lastN);
  }

  /** Makes a restart know that this beat and all before it are old. */
  recordBeat(beat = this.lastBeat): void {
    if (beat <= this.recordedBeat) return;
    this.sidecar.append({ t: "beat", beat });
    this.recordedBeat = beat;
  }

  /** A sign of life. Returns whether the state changed by it. */
  heard(nowMs: number): boolean {
    this.heardAtMs = nowMs;
    if (!this.isLost || this.endSeen !== undefined) return false;
    this.sidecar.append({ t: "heard" });
    this.isLost = false;
    return true;
  }

  /** Judges by the clock: lost, complete, incomplete. Returns whether anything changed. */
  judge(nowMs: number): boolean {
    const before = this.#delivery;
    if (this.endSeen === undefined) {
      if (this.isLost || nowMs - this.heardAtMs <= LOST_AFTER_MS) return false;
      this.recordBeat();
      this.sidecar.append({ t: "lost" });
      this.isLost = true;
      return true;
    }
    if (this.have.coversTo(this.endSeen.lastN)) this.#delivery = this.endSeen.end.cutShort ? "incomplete" : "complete";
    else if (nowMs - this.endSeen.receivedAtMs > RECEIVING_AFTER_END_MS) this.#delivery = "incomplete";
    else if (this.#isOnPurpose(this.endSeen.lastN)) this.#delivery = "incomplete";
    else this.#delivery = "receiving";
    return before !== this.#delivery;
  }

  /** Whether all that is missing was thrown away: then there is nothing to wait for. */
  #isOnPurpose(lastN: number): boolean {
    if (this.discards.isEmpty) return false;
    const missing = this.have.missing(1, lastN, MAX_EXPLAINED_HOLES + 1);
    return missing.length <= MAX_EXPLAINED_HOLES && this.discards.explain(missing);
  }

  get lastN(): number {
    return Math.max(this.have.last, this.toldLastN, this.endSeen?.lastN ?? 0);
  }

  /** Numbered pieces of both logs that hold number `n` or higher ones, in order of n; at most `limit`. */
  segments(n: number, limit: number): Segment[] {
    const segments = this.main.segments(n, limit);
    if (this.late === undefined) return segments;
    return [...segments, ...this.late.segments(n, limit)].sort((a, b) => a.n - b.n).slice(0, limit);
  }

  /** A log of this execution, without lines. Which of them counts is for the caller to say. */
  newLog(name: LogName): NumberedLog {
    const path = name === "main" ? `${this.base}.log` : `${this.base}.late.log`;
    return new NumberedLog({ path, name, sidecar: this.sidecar, runs: new SpillingRuns(this.#spill) });
  }

  /** Lets go of what is held outside of memory. Nothing may be asked of it afterwards. */
  release(): void {
    this.have.release();
    this.main.release();
    this.late?.release();
  }

  summary(): Execution {
    return summaryOf(this);
  }

  #lateLog(files: OpenFiles): NumberedLog {
    if (this.late !== undefined) return this.late;
    const late = this.newLog("late");
    files.adopt(late, createFile(late.path, { durable: this.sidecar.durable }));
    this.late = late;
    return late;
  }
}

function blocks(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
}

/** The texts of BEGIN stand twice in the index: in the summary, and in what is searched. */
function indexBytesOf({ argv, job, labels }: Origin): number {
  return INDEX_ROW_BYTES + 2 * Buffer.byteLength(JSON.stringify([argv, job, labels]));
}
