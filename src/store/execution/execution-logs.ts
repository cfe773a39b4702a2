import type { Chunk } from "../../frame/chunk.ts";
import { createForAppend } from "../disk/create-file.ts";
import type { OpenFiles } from "../disk/open-files.ts";
import type { LineNumbers } from "../numbers/line-numbers.ts";
import type { IntervalSpill } from "../numbers/spilling-intervals.ts";
import { SpillingStretches } from "../numbers/spilling-stretches.ts";
import type { SealedRecord } from "../sealed/member-table.ts";
import { sealedPaths } from "../sealed/sealed-files.ts";
import { NumberedLog, type Segment } from "./numbered-log.ts";
import type { LogName, Sidecar } from "./sidecar.ts";

/** Segments processed in one step while a log's numbers are read back: a millisecond or two. */
const SEGMENTS_AT_ONCE = 64;

/** Smaller logs are not sealed: with a filter, and a longer sidecar, they would take more disk blocks. */
const LEAST_SEALED_BYTES = 32_768;

/** The log of one execution in order of arrival, and a second one for lines that came after higher numbers. */
export class ExecutionLogs {
  readonly #base: string;
  readonly #sidecar: Sidecar;
  readonly #spill: IntervalSpill;
  #main: NumberedLog;
  #late: NumberedLog | undefined;

  /** @param base Path of the files without their endings. */
  constructor(base: string, sidecar: Sidecar, spill: IntervalSpill) {
    this.#base = base;
    this.#sidecar = sidecar;
    this.#spill = spill;
    this.#main = this.create("main");
  }

  get main(): NumberedLog {
    return this.#main;
  }
  get late(): NumberedLog | undefined {
    return this.#late;
  }
  get isSealed(): boolean {
    return this.#main.members !== undefined;
  }
  /** Whether the log of a complete execution can be sealed. */
  get canBeSealed(): boolean {
    return this.#late === undefined && !this.isSealed && this.#main.size >= LEAST_SEALED_BYTES;
  }
  get lines(): number {
    return this.#main.lines + (this.#late?.lines ?? 0);
  }

  /** Disk space of the logs' files. */
  get diskBytes(): number {
    return this.#main.diskBytes + (this.#late?.diskBytes ?? 0);
  }

  /** Bytes as the command printed them. */
  get printedBytes(): number {
    return this.#main.printedBytes + (this.#late?.printedBytes ?? 0);
  }

  /** Notes that a sealed file now holds the whole log. */
  seal(record: SealedRecord): void {
    const sealed = this.#create("main", sealedPaths(this.#base).log);
    sealed.seal(record);
    this.#main.release();
    this.#main = sealed;
  }

  /** Creates an empty log; it takes part only after `restoreLate` or `replace`. */
  create(name: LogName): NumberedLog {
    return this.#create(name, name === "main" ? `${this.#base}.log` : `${this.#base}.late.log`);
  }

  #create(name: LogName, path: string): NumberedLog {
    return new NumberedLog({ path, name, sidecar: this.#sidecar, stretches: new SpillingStretches(this.#spill) });
  }

  /** Appends lines with numbers above all others. A sealed log does not change: such lines go to the late log. */
  append(chunk: Chunk, files: OpenFiles): void {
    if (this.isSealed) this.appendLate(chunk, files);
    else this.#main.append(chunk, files);
  }

  /** Appends to the late log, which the first late lines create. */
  appendLate(chunk: Chunk, files: OpenFiles): void {
    if (this.#late === undefined) {
      const late = this.create("late");
      files.adopt(late, createForAppend(late.path, { durable: this.#sidecar.durable }));
      this.#late = late;
    }
    this.#late.append(chunk, files);
  }

  /** Takes over a late log from an earlier start. */
  restoreLate(late: NumberedLog | undefined): void {
    this.#late = late;
  }

  /** Notes that a merged log has replaced both. */
  replace(merged: NumberedLog): void {
    this.#main = merged;
    this.#late = undefined;
  }

  /** Numbered pieces of both logs that hold number `n` or higher, in order of n; at most `limit`. */
  segments(n: number, limit: number): Segment[] {
    const segments = this.#main.segments(n, limit);
    if (this.#late === undefined) return segments;
    return [...segments, ...this.#late.segments(n, limit)].sort((a, b) => a.n - b.n).slice(0, limit);
  }

  /**
   * Reads back the numbers that the logs hold, in order of n, so that a complete log is one range from the start.
   * Others may have a turn at each step.
   */
  *addNumbersTo(have: LineNumbers): Generator<undefined, void> {
    for (let next = 1, isMore = true; isMore; ) {
      const segments = this.segments(next, SEGMENTS_AT_ONCE);
      for (const { n, lines } of segments) {
        have.add(n, n + lines - 1);
        next = n + lines;
      }
      isMore = segments.length === SEGMENTS_AT_ONCE;
      if (isMore) yield;
    }
  }

  /** Releases resources outside of memory. Not to be used afterwards. */
  release(): void {
    this.#main.release();
    this.#late?.release();
  }
}
