import { LoopTurns } from "../../host/loop-turns.ts";
import { shiftTime } from "../../text/time/shift-time.ts";
import { MAX_RUN_FAILURES, RUN_TIMES_PARTS, type RunFailure, type RunTimes } from "../../wire/run-times.ts";
import { cellOf, cellOfRow, type RunCell } from "../board/run-cell.ts";
import type { StoredExecution } from "../execution/stored-execution.ts";
import type { CellPlace, CellRow, RunIndex, RunName } from "../index/run-index.ts";
import type { SlotTable } from "../table/slots.ts";
import { type KnownLines, LinesByTime } from "./lines-by-time.ts";
import { someOf } from "./some-of.ts";
import { timesInLog } from "./times-in-log.ts";

/** Rows read in one step of the loop, and sidecars loaded in one. */
const STEP_ROWS = 128;
const STEP_LOADS = 4;
/** Executions counted at most: as many as a board has. */
const MAX_EXECUTIONS = 20_000;
/** Logs with too few marks are read for their lines' own times, up to this many bytes in all. */
const MAX_READ_BYTES = 4_194_304;
const SMALL_BYTES = 524_288;
/** Marks used per log, which has one every 256 KiB. */
const MAX_MARKS = 256;
/** Executions whose lines are added in one step. */
const STEP_SUMS = 256;
/** Most executions loaded; others not in memory count as having printed evenly: loading 1,000 takes a second. */
const MAX_LOADED = 64;

interface RunTimesOptions {
  readonly runs: Pick<RunIndex, "cells">;
  readonly slots: Pick<SlotTable, "known" | "get" | "load">;
  readonly nowMs: () => number;
  /** Keeps the files of an execution from being deleted. Returns a function that ends this. */
  readonly hold: (row: CellRow) => () => void;
}

interface Timed {
  readonly cell: RunCell;
  readonly known: readonly KnownLines[];
}

/** How much a run printed when, from its rows in the index and the marks of its logs. */
export class RunTimesReader {
  readonly #options: RunTimesOptions;
  readonly #turns = new LoopTurns();

  constructor(options: RunTimesOptions) {
    this.#options = options;
  }

  async of(run: RunName): Promise<RunTimes> {
    const nowMs = this.#options.nowMs();
    const all = await this.#executions(run, nowMs);
    const period = new Period(nowMs);
    await this.#inSteps(all, (some) => period.see(some));
    const sums = new RunSums(period);
    await this.#inSteps(all, (some) => sums.add(some));
    return { owner: run.owner, ...sums.all };
  }

  async #inSteps(all: readonly Timed[], act: (some: readonly Timed[]) => void): Promise<void> {
    for (let at = 0; at < all.length; at += STEP_SUMS)
      await this.#turns.run(async () => act(all.slice(at, at + STEP_SUMS)));
  }

  async #executions(run: RunName, nowMs: number): Promise<readonly Timed[]> {
    const { runs, slots } = this.#options;
    const all: Timed[] = [];
    let after: CellPlace | undefined;
    let [loads, readBytes] = [0, 0];
    while (all.length < MAX_EXECUTIONS) {
      const from = after;
      const rows = await this.#turns.run(async () => runs.cells(run, from, STEP_ROWS));
      for (let at = 0; at < rows.length; at += STEP_LOADS) {
        await this.#turns.run(async () => {
          for (const row of rows.slice(at, at + STEP_LOADS)) {
            const known = slots.known(row);
            const isLoaded = known === undefined && loads < MAX_LOADED;
            if (isLoaded) loads += 1;
            const execution = isLoaded ? await this.#load(row) : known;
            if (execution === undefined) {
              all.push(evenly(cellOfRow(row), nowMs));
              continue;
            }
            const isRead = isSmall(execution) && readBytes < MAX_READ_BYTES;
            if (isRead) readBytes += execution.logs.main.size;
            all.push(byTimes(execution, isRead ? await this.#read(row, execution) : [], nowMs));
          }
        });
      }
      after = rows.at(-1);
      if (rows.length < STEP_ROWS) break;
    }
    return all;
  }

  async #read(row: CellRow, { logs }: StoredExecution): Promise<readonly KnownLines[]> {
    const release = this.#options.hold(row);
    try {
      return await timesInLog(logs.main);
    } catch {
      // Lines of an unreadable file count as evenly spread.
      return [];
    } finally {
      release();
    }
  }

  async #load(row: CellRow): Promise<StoredExecution | undefined> {
    const release = this.#options.hold(row);
    try {
      return await this.#options.slots.load(this.#options.slots.get(row));
    } finally {
      release();
    }
  }
}

function evenly(cell: RunCell, nowMs: number): Timed {
  const startMs = Date.parse(cell.startedAt) + cell.clockMs;
  return {
    cell,
    known: [
      { atMs: startMs, lines: 0 },
      { atMs: endOf(cell, nowMs), lines: cell.lastN },
    ],
  };
}

/** Whether a log is too small for its marks to be useful. */
function isSmall({ logs: { main } }: StoredExecution): boolean {
  return main.members === undefined && main.size <= SMALL_BYTES;
}

function byTimes(execution: StoredExecution, read: readonly KnownLines[], nowMs: number): Timed {
  const cell = cellOf(execution);
  const { main, late } = execution.logs;
  const startMs = Date.parse(cell.startedAt) + cell.clockMs;
  const printedMs = cell.printedAtMs ?? endOf(cell, nowMs);
  const marks = someOf(main.marks, MAX_MARKS).map(({ time, line }) => ({
    atMs: Date.parse(time) + cell.clockMs,
    lines: line,
  }));
  const seen = read.map(({ atMs, lines }) => ({ atMs: atMs + cell.clockMs, lines }));
  const known = [{ atMs: startMs, lines: 0 }, ...(seen.length > 0 ? seen : marks)];
  const lastMs = Math.max(known.at(-1)?.atMs ?? startMs, Math.min(printedMs, endOf(cell, nowMs)));
  const lines = main.lines + (late?.lines ?? 0);
  return { cell, known: [...known, { atMs: lastMs, lines }] };
}

/** The end by the collector's clock, which a lost execution's already is. */
function endOf({ overAt, state, clockMs }: RunCell, nowMs: number): number {
  if (overAt === undefined) return nowMs;
  return Date.parse(overAt) + (state === "lost" ? 0 : clockMs);
}

/** From the first line of a run to its last one, its end, or now. */
class Period {
  readonly #nowMs: number;
  fromMs: number;
  #toMs = 0;

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
    this.fromMs = nowMs;
  }

  get toMs(): number {
    return Math.max(this.#toMs, this.fromMs + RUN_TIMES_PARTS);
  }

  see(some: readonly Timed[]): void {
    for (const { cell, known } of some) {
      this.fromMs = Math.min(this.fromMs, known[0]?.atMs ?? this.fromMs);
      this.#toMs = Math.max(this.#toMs, endOf(cell, this.#nowMs), known.at(-1)?.atMs ?? 0);
    }
  }
}

/** Sums up executions, a few at a time. */
class RunSums {
  readonly #fromMs: number;
  readonly #sizeMs: number;
  readonly #lines: LinesByTime;
  /** The earliest failures. */
  #failures: readonly RunFailure[] = [];

  constructor({ fromMs, toMs }: Period) {
    this.#fromMs = fromMs;
    this.#sizeMs = (toMs - fromMs) / RUN_TIMES_PARTS;
    this.#lines = new LinesByTime({ fromMs, sizeMs: this.#sizeMs, parts: RUN_TIMES_PARTS });
  }

  add(some: readonly Timed[]): void {
    for (const { known } of some) this.#lines.add(known);
    const failures = [...this.#failures, ...some.flatMap(({ cell }) => failureOf(cell) ?? [])];
    this.#failures = failures.sort((a, b) => (a.at < b.at ? -1 : 1)).slice(0, MAX_RUN_FAILURES);
  }

  get all(): Omit<RunTimes, "owner"> {
    return { fromMs: this.#fromMs, sizeMs: this.#sizeMs, counts: this.#lines.counts, failures: this.#failures };
  }
}

function failureOf({ x, node, rank, state, overAt, clockMs }: RunCell): RunFailure | undefined {
  if ((state !== "failed" && state !== "lost") || overAt === undefined) return undefined;
  const at = state === "lost" ? overAt : shiftTime(overAt, clockMs);
  return { x, node, state, at, ...(rank === undefined ? {} : { rank }) };
}
