import type { Chunk } from "../frame/chunk.ts";
import { sliceChunk } from "../frame/cri.ts";
import type { Delivery, Execution, ExecutionState, LineRange } from "../wire/api.ts";
import type { End } from "../wire/end.ts";
import { createFile } from "./create-file.ts";
import { Discards } from "./discards.ts";
import { summaryOf } from "./execution-summary.ts";
import type { LineNumbers } from "./line-numbers.ts";
import { NumberedLog, type Segment } from "./numbered-log.ts";
import type { OpenFiles } from "./open-files.ts";
import { diskBytesOf, type Refusal } from "./owner-account.ts";
import type { Sidecar } from "./sidecar.ts";

/** With numbers missing after END: how long they may still be on their way. */
const RECEIVING_AFTER_END_MS = 30_000;
/** With more holes than this the time decides whether they are waited for. */
const MAX_EXPLAINED_HOLES = 1_000;
/** Beats between two that the sidecar has, five minutes: what a kill may make the collector forget. */
const BEATS_A_RECORD = 30;
/** Three beats missed. */
const LOST_AFTER_MS = 30_000;

/** What is known from BEGIN, and of nobody else's word but the kernel's and the certificate's: owner and node. */
export interface Origin {
  readonly x: string;
  readonly node: string;
  readonly keyHash: string;
  readonly owner: string;
  readonly uid: number;
  readonly job: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly startedAt: string;
  readonly pid: number;
}

export interface EndSeen {
  readonly lastN: number;
  readonly end: End;
  readonly receivedAtMs: number;
}

/**
 * One execution as it is stored: its logs, which numbers they hold, and what became of it. The only writer of its
 * files; every method either does its whole work or throws what the file system threw and has changed nothing.
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
  /** Its files are gone. */
  isRemoved = false;
  toldLastN = 0;
  lastBeat = 0;
  /** The last one that the sidecar has. */
  recordedBeat = 0;
  #delivery: Delivery = "receiving";

  constructor(options: {
    readonly origin: Origin;
    readonly base: string;
    readonly sidecar: Sidecar;
    readonly have: LineNumbers;
    readonly nowMs: number;
  }) {
    this.origin = options.origin;
    this.base = options.base;
    this.sidecar = options.sidecar;
    this.have = options.have;
    this.discards = new Discards(options.sidecar);
    this.heardAtMs = options.nowMs;
    this.main = new NumberedLog({ path: `${options.base}.log`, name: "main", sidecar: options.sidecar });
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
  get delivery(): Delivery {
    return this.#delivery;
  }
  /** Nothing more is expected of it: its row in the index says all. */
  get isSettled(): boolean {
    return this.#delivery !== "receiving";
  }
  get lines(): number {
    return this.main.lines + (this.late?.lines ?? 0);
  }

  /** What its files take of the owner's disk space. */
  get diskBytes(): number {
    return diskBytesOf(this.main.size + (this.late?.size ?? 0));
  }

  get state(): ExecutionState {
    if (this.endSeen === undefined) return this.isLost ? "lost" : "running";
    return this.endSeen.end.code === 0 ? "finished" : "failed";
  }

  /**
   * Stores the lines of a chunk that are not stored yet; numbers below the newest go to the late log.
   *
   * @returns The parts that were new, in order; empty for a repetition.
   */
  append(chunk: Chunk, files: OpenFiles): readonly Chunk[] {
    const last = chunk.firstN + chunk.count - 1;
    const nextN = this.have.last + 1;
    if (this.discards.isOpen) this.discards.close(chunk.firstN);
    if (chunk.firstN >= nextN) {
      this.main.append(chunk, files);
      this.have.add(chunk.firstN, last);
      return [chunk];
    }
    const fresh: Chunk[] = [];
    for (const [from, to] of this.have.missing(chunk.firstN, last)) {
      const part = sliceChunk(chunk, from, to);
      if (from >= nextN) this.main.append(part, files);
      else this.#lateLog(files).append(part, files);
      this.have.add(from, to);
      fresh.push(part);
    }
    return fresh;
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
    if (this.have.coversTo(this.endSeen.lastN)) this.#delivery = "complete";
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

  /** Every numbered piece of both logs, in order of n. */
  segments(): Segment[] {
    const segments = this.main.segments();
    if (this.late === undefined) return segments;
    return [...segments, ...this.late.segments()].sort((a, b) => a.n - b.n);
  }

  summary(): Execution {
    return summaryOf(this);
  }

  #lateLog(files: OpenFiles): NumberedLog {
    if (this.late !== undefined) return this.late;
    const late = new NumberedLog({ path: `${this.base}.late.log`, name: "late", sidecar: this.sidecar });
    files.adopt(late, createFile(late.path, { durable: this.sidecar.durable }));
    this.late = late;
    return late;
  }
}
