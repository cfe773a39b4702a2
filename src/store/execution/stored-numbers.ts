import type { Chunk } from "../../frame/chunk.ts";
import { sliceChunk } from "../../frame/cri.ts";
import type { LineRange } from "../../wire/api.ts";
import type { OpenFiles } from "../disk/open-files.ts";
import type { LineNumbers } from "../numbers/line-numbers.ts";
import { type IntervalSpill, SpillingIntervals } from "../numbers/spilling-intervals.ts";
import type { OverLimit } from "../owner/owner-account.ts";
import { Discards, type LostLines } from "./discards.ts";
import type { ExecutionLogs } from "./execution-logs.ts";
import type { Sidecar } from "./sidecar.ts";

/** The numbers of an execution that are stored, those discarded, and the highest number known to exist. */
export class StoredNumbers {
  /** Numbers that are stored. */
  readonly have: LineNumbers;
  /** Numbers that were discarded, and why. */
  readonly discards: Discards;
  /** The highest number named by a beat or a discard. */
  #toldLastN = 0;

  constructor(sidecar: Sidecar, spill: IntervalSpill) {
    this.have = new SpillingIntervals(spill);
    this.discards = new Discards(sidecar);
  }

  get lastN(): number {
    return Math.max(this.have.last, this.#toldLastN);
  }

  /** Notes that a line with this number exists. */
  told(n: number): void {
    this.#toldLastN = Math.max(this.#toldLastN, n);
  }

  /** Reads the stored numbers back from the logs, in steps. */
  *restore(logs: ExecutionLogs): Generator<undefined, void> {
    yield* logs.addNumbersTo(this.have);
    this.told(this.discards.last);
  }

  /** Stores the lines of a chunk that are not stored yet; numbers below the newest go to the late log. */
  *append(chunk: Chunk, logs: ExecutionLogs, files: OpenFiles): Generator<Chunk, undefined> {
    const last = chunk.firstN + chunk.count - 1;
    const nextN = this.have.last + 1;
    if (this.discards.isOpen) this.discards.close(chunk.firstN);
    if (chunk.firstN >= nextN) {
      logs.append(chunk, files);
      this.have.add(chunk.firstN, last);
      yield chunk;
      return;
    }
    for (const [from, to] of this.have.missing(chunk.firstN, last)) {
      const part = sliceChunk(chunk, from, to);
      if (from >= nextN) logs.append(part, files);
      else logs.appendLate(part, files);
      this.have.add(from, to);
      yield part;
    }
  }

  /** Records lines discarded before the execution was known. Returns whether any of them are not stored. */
  lost({ firstN, lastN, endN }: LostLines, refusal: OverLimit): boolean {
    this.told(endN);
    return lastN > 0 && this.discard([firstN, lastN], refusal) > 0;
  }

  /** Records discarded lines. Returns their number. */
  discard(range: LineRange, refusal: OverLimit): number {
    let lines = 0;
    for (const [from, to] of this.have.missing(...range)) {
      this.discards.add(from, to, refusal);
      this.told(to);
      lines += to - from + 1;
    }
    return lines;
  }
}
