import { countLines } from "../../frame/cri.ts";
import type { LoopTurns } from "../../host/loop-turns.ts";
import { shiftTime } from "../../text/time/shift-time.ts";
import type { Execution } from "../../wire/api.ts";
import type { ReadFile } from "../disk/quick-reads.ts";
import { OpenLogs } from "../execution/open-logs.ts";
import type { LogText } from "../sealed/log-text.ts";
import { LineCursor, type PlacedLine, type Side, type TextBlock } from "./line-cursor.ts";
import { bytesToKnown, type MarkedLog } from "./marked-log.ts";
import type { ReadSpace } from "./read-space.ts";
import { type ReadText, seekTime } from "./seek-time.ts";

/** Bytes of each block after the first: a log that needs a second one prints much. */
const NEXT_BLOCK_BYTES = 65_536;
const COUNTED_BYTES = 131_072;
/** Lines are counted up to this far from a place of known number; beyond, reading the marks is cheaper. */
const NEAR_BYTES = 262_144;

/** A line that a merge may choose. */
export interface MergedLine extends PlacedLine {
  /** By the clock that decides the order. */
  readonly sortTime: string;
}

/** The execution that a log belongs to. One object for each. */
export interface MergedExecution {
  readonly x: string;
  readonly startedAt: string;
  /** Undefined if its files have been removed. */
  summary(): Promise<Execution | undefined>;
}

interface MergedLogOptions {
  readonly execution: MergedExecution;
  readonly log: MarkedLog;
  /** Reads more of its marks, if `log` does not know all. */
  readonly marked?: () => Promise<MarkedLog>;
  /** Milliseconds added to its times. */
  readonly correctsMs: number;
  /** Approximate time of its last line. */
  readonly lastTime: string;
  /** Bytes of the first block read. */
  readonly firstBytes: number;
  /** One block's lines are counted in each: blocks of many logs may arrive at once. */
  readonly turns: Pick<LoopTurns, "run">;
  readonly readFile: ReadFile;
}

/** One log of a run in a merge: read from a place on, in one direction. Its file is open only while it is read from. */
export class MergedLog {
  readonly execution: MergedExecution;
  readonly #options: MergedLogOptions;
  #cursor: LineCursor | undefined;
  #next: MergedLine | undefined;
  /** Set while the log is read from. */
  #text: LogText | undefined;
  /** The block read last while seeking: it contains the first lines. */
  #lastRead: TextBlock | undefined;

  constructor(options: MergedLogOptions) {
    this.execution = options.execution;
    this.#options = options;
  }

  get startedAt(): string {
    return shiftTime(this.execution.startedAt, this.#options.correctsMs);
  }

  /** The next line, once started; undefined if there is none. */
  get next(): MergedLine | undefined {
    return this.#next;
  }

  /** Seeks to a time, by the clock that decides the order, or to an end, and loads the first line there. */
  async start(side: Side, time: string | undefined, space: ReadSpace): Promise<void> {
    const { log, firstBytes } = this.#options;
    await this.#reading(async () => {
      const at = time === undefined ? (side === "before" ? log.size : 0) : await this.#seek(time, space);
      const blocks = { at, firstBytes, nextBytes: NEXT_BLOCK_BYTES, known: this.#lastRead };
      this.#lastRead = undefined;
      this.#cursor = new LineCursor((from, most) => this.#read(from, most), side, blocks);
      this.#take();
      if (this.#next === undefined) await this.#cursor.fill();
    });
    if (this.#next === undefined) this.#take();
  }

  /** Goes on to the next line; a promise if that has to be read. */
  advance(): Promise<void> | undefined {
    this.#take();
    return this.#next === undefined ? this.#refill() : undefined;
  }

  /** The number of a line that begins where one of number `n - 1` ends. */
  numberAfter({ at, n }: { readonly at: number; readonly n: number }): number {
    const known = this.#options.log.numberBefore(at);
    return known.at === at ? known.n : n;
  }

  /** The number of the line that begins at byte `at`: counted from the nearest place that is known. */
  async numberAt(at: number, space: ReadSpace): Promise<number> {
    const { log, marked } = this.#options;
    const isNear = marked === undefined || bytesToKnown(log, at) <= NEAR_BYTES;
    const places = isNear ? log : await marked();
    const before = places.numberBefore(at);
    const after = places.numberBehind(at);
    if (before.at === at) return before.n;
    return this.#reading(async () => {
      const isNearer = after !== undefined && after.at - at < at - before.at;
      return isNearer
        ? after.n - (await this.#count(at, after.at, space))
        : before.n + (await this.#count(before.at, at, space));
    });
  }

  async #refill(): Promise<void> {
    await this.#reading(async () => this.#cursor?.fill());
    this.#take();
  }

  #take(): void {
    const line = this.#cursor?.take();
    this.#next = line === undefined ? undefined : { ...line, sortTime: shiftTime(line.time, this.#options.correctsMs) };
  }

  async #count(from: number, to: number, space: ReadSpace): Promise<number> {
    let count = 0;
    for (let at = from; at < to; ) {
      const block = await this.#read(at, Math.min(COUNTED_BYTES, to - at), space.of(COUNTED_BYTES));
      const { lines, wholeBytes } = await this.#options.turns.run(async () => countLines(block));
      if (lines === 0) break;
      count += lines;
      at += wholeBytes;
    }
    return count;
  }

  async #seek(time: string, space: ReadSpace): Promise<number> {
    const { log, correctsMs, lastTime } = this.#options;
    const wanted = shiftTime(time, -correctsMs);
    const { from, to, fromTime, toTime } = log.bracketOf(wanted);
    const { startedAt } = this.execution;
    const times = { fromTime: fromTime ?? startedAt, toTime: toTime ?? lastTime };
    const read: ReadText = async (at, most, into) => {
      const data = await this.#read(at, most, into);
      this.#lastRead = { at, data };
      return data;
    };
    return seekTime({ read, space, from, to, ...times, time: wanted });
  }

  async #reading<T>(work: () => Promise<T>): Promise<T> {
    const files = new OpenLogs({ withFilters: false, readFile: this.#options.readFile });
    try {
      this.#text = files.open(this.#options.log).text;
      return await work();
    } finally {
      this.#text = undefined;
      files.close();
    }
  }

  /** Reads nothing beyond the bytes that count as stored. */
  async #read(at: number, most: number, into?: Buffer): Promise<Buffer> {
    const bytes = Math.max(0, Math.min(most, this.#options.log.size - at));
    return this.#text === undefined || bytes === 0 ? Buffer.alloc(0) : this.#text.read(at, bytes, into);
  }
}
