import { lineOfCri } from "../../frame/cri-line.ts";
import { LoopTurns } from "../../host/loop-turns.ts";
import { shiftTime } from "../../text/time/shift-time.ts";
import type { Execution } from "../../wire/api.ts";
import type { RunLine, RunLinesPage, RunLinesQuery } from "../../wire/run-lines.ts";
import type { StoredExecution } from "../execution/stored-execution.ts";
import type { CellPlace, CellRow, RunIndex } from "../index/run-index.ts";
import type { SlotTable } from "../table/slots.ts";
import { type ChosenLine, inParallel, mergeLines } from "./merge-lines.ts";
import { MergedLog } from "./merged-log.ts";

/** Executions merged at most, the newest: as many as a board has. */
const MAX_EXECUTIONS = 20_000;
/** Rows read in one step of the loop, and executions loaded in one: those of one that has ended is a small file. */
const STEP_ROWS = 128;
const STEP_LOADS = 8;
/** First blocks of all logs together: each is as small as that allows, and as a few lines need. */
const FIRST_BLOCKS_BYTES = 4_194_304;
const FIRST_BLOCK = { leastBytes: 512, mostBytes: 16_384 };

interface RunLinesOptions {
  readonly runs: Pick<RunIndex, "cells">;
  readonly slots: Pick<SlotTable, "get" | "load">;
  /** Keeps the files of an execution from being deleted. Returns a function that ends this. */
  readonly hold: (row: CellRow) => () => void;
}

/** Reads the lines of all executions of a run in order of time, from any place on. */
export class RunLines {
  readonly #options: RunLinesOptions;
  readonly #turns = new LoopTurns();

  constructor(options: RunLinesOptions) {
    this.#options = options;
  }

  async read(query: RunLinesQuery & { readonly owner: string }): Promise<RunLinesPage> {
    const releases: (() => void)[] = [];
    try {
      const logs = await this.#open(query, releases);
      const { side, place, limit } = query;
      const { lines, isMore } = await mergeLines({ logs, side, place, limit, turns: this.#turns });
      return { ...(await this.#numbered(lines)), isMore };
    } finally {
      for (const release of releases) release();
    }
  }

  async #open(query: RunLinesQuery & { readonly owner: string }, releases: (() => void)[]): Promise<MergedLog[]> {
    const rows = await this.#rows(query);
    const logs: MergedLog[] = [];
    const share = Math.floor(FIRST_BLOCKS_BYTES / Math.max(1, rows.length));
    const firstBytes = Math.max(FIRST_BLOCK.leastBytes, Math.min(FIRST_BLOCK.mostBytes, share));
    for (let at = 0; at < rows.length; at += STEP_LOADS) {
      await this.#turns.run(async () => {
        for (const row of rows.slice(at, at + STEP_LOADS)) {
          releases.push(this.#options.hold(row));
          const execution = await this.#options.slots.load(this.#options.slots.get(row));
          if (execution === undefined || execution.lines === 0) continue;
          logs.push(...logsOf(execution, { isNodeClock: query.isNodeClock === true, firstBytes }));
        }
      });
    }
    const { place, side } = query;
    // What has begun after the place has printed nothing before it.
    return side === "before" && place !== undefined ? logs.filter((log) => log.startedAt <= place.time) : logs;
  }

  async #rows({ owner, job, run, node, only, places }: RunLinesQuery & { readonly owner: string }): Promise<CellRow[]> {
    const rows: CellRow[] = [];
    const wanted = only === undefined ? undefined : new Set(only);
    let after: CellPlace | undefined;
    for (let seen = 0; seen < MAX_EXECUTIONS; seen += STEP_ROWS) {
      const from = after;
      const read = await this.#turns.run(async () =>
        this.#options.runs.cells(run === undefined ? { owner, job } : { owner, job, run }, from, STEP_ROWS),
      );
      const isShown = (row: CellRow) => places?.some(({ x, node }) => x === row.x && node === row.node) !== false;
      const isWanted = (row: CellRow) => (node ?? row.node) === row.node && wanted?.has(row.x) !== false;
      rows.push(...read.filter((row) => isWanted(row) && isShown(row)));
      after = read.at(-1);
      if (read.length < STEP_ROWS) break;
    }
    return rows;
  }

  /** The lines with their numbers, and the executions that they are of. */
  async #numbered(chosen: readonly ChosenLine[]): Promise<Omit<RunLinesPage, "isMore">> {
    const executions: Execution[] = [];
    const indexes = new Map<StoredExecution, number>();
    const expected = await this.#firstNumbers(chosen);
    const lines: RunLine[] = [];
    for (const { log, line } of chosen) {
      const { execution } = log;
      let s = indexes.get(execution);
      if (s === undefined) {
        s = executions.push(execution.summary()) - 1;
        indexes.set(execution, s);
      }
      const before = expected.get(log);
      const n = before?.at === line.at ? log.numberAfter(before) : await log.numberAt(line.at);
      expected.set(log, { at: line.end, n: n + 1 });
      const parsed = lineOfCri(line.bytes, n);
      if (parsed !== undefined) lines.push({ s, ...parsed });
    }
    return { executions, lines };
  }

  /** The number of the first line of each log: those behind it follow it. */
  async #firstNumbers(chosen: readonly ChosenLine[]): Promise<Map<MergedLog, { at: number; n: number }>> {
    const first = new Map<MergedLog, number>();
    for (const { log, line } of chosen) first.set(log, Math.min(first.get(log) ?? line.at, line.at));
    const numbers = new Map<MergedLog, { at: number; n: number }>();
    await inParallel([...first], async ([log, at]) => {
      numbers.set(log, { at, n: await this.#turns.run(() => log.numberAt(at)) });
    });
    return numbers;
  }
}

function logsOf(execution: StoredExecution, how: { isNodeClock: boolean; firstBytes: number }): MergedLog[] {
  const correctsMs = how.isNodeClock ? 0 : (execution.clock.behindMs ?? 0);
  const lastTime = execution.overAt ?? shiftTime(new Date(execution.printedAtMs).toISOString(), -correctsMs);
  const { main, late } = execution.logs;
  return [main, late].flatMap((log) => {
    const isEmpty = log === undefined || log.lines === 0;
    return isEmpty ? [] : [new MergedLog({ execution, log, correctsMs, lastTime, firstBytes: how.firstBytes })];
  });
}
