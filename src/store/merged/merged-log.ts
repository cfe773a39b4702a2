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

/** Of blocks after the first: this log has shown that it is one of those that print much. */
const NEXT_BLOCK_BYTES = 65_536;
const COUNTED_BYTES = 131_072;
/** Lines so far from a place whose number is known are counted; for others it is cheaper to read the marks. */
const NEAR_BYTES = 262_144;

/** A line that a merge may choose. */
export interface MergedLine extends PlacedLine {
  /** By the clock that decides about the order. */
  readonly sortTime: string;
}

/** Whose log it is. One object for each execution. */
export interface MergedExecution {
  readonly x: string;
  readonly startedAt: string;
  /** Undefined if its files have been removed. */
  summary(): Promise<Execution | undefined>;
}

interface MergedLogOptions {
  readonly execution: MergedExecution;
  readonly log: MarkedLog;
  /** Reads more places of it, if `log` does not know all. */
  readonly marked?: () => Promise<MarkedLog>;
  /** What is added to its times. */
  readonly correctsMs: number;
  /** About when its last line was printed. */
  readonly lastTime: string;
  /** Of the first block that is read. */
  readonly firstBytes: number;
  /** In each it counts the lines of one block: those of many logs may arrive at once. */
  readonly turns: Pick<LoopTurns, "run">;
  readonly readFile: ReadFile;
}

/** One log of a run in a merge: read from a place on, in one direction. Its file is open only while it is read from. */
export class MergedLog {
  readonly execution: MergedExecution;
  readonly #options: MergedLogOptions;
  #cursor: LineCursor | undefined;
  #next: MergedLine | undefined;
  /** While it is read from. */
  #text: LogText | undefined;
  /** What was read last while it seeks: the lines there are the first ones. */
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

  /** Goes to a time, by the clock that decides, or to an end, and to the first line there. */
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

  /** Nothing behind what counts as stored. */
  async #read(at: number, most: number, into?: Buffer): Promise<Buffer> {
    const bytes = Math.max(0, Math.min(most, this.#options.log.size - at));
    return this.#text === undefined || bytes === 0 ? Buffer.alloc(0) : this.#text.read(at, bytes, into);
  }
}
