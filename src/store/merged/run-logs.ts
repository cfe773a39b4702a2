import { join } from "node:path";
import type { LoopTurns } from "../../host/loop-turns.ts";
import { shiftTime } from "../../text/time/shift-time.ts";
import { parseExecution } from "../../wire/api.ts";
import { asRecord, parseJson } from "../../wire/record.ts";
import type { RunLinesQuery } from "../../wire/run-lines.ts";
import { clockOfRow } from "../board/run-cell.ts";
import { QuickReads, type ReadFile } from "../disk/quick-reads.ts";
import type { StoredExecution } from "../execution/stored-execution.ts";
import type { CellPlace, CellRow, RunIndex } from "../index/run-index.ts";
import type { SlotTable } from "../table/slots.ts";
import type { MarkedLog } from "./marked-log.ts";
import { MergedLog } from "./merged-log.ts";
import { WholeLog } from "./whole-log.ts";

/** Executions merged at most, the newest: as many as a board has. */
const MAX_EXECUTIONS = 20_000;
/** Work in one step of the event loop: rows read, logs opened by their rows alone, executions loaded. */
const STEP = { rows: 128, wholes: 32, loads: 8 };
/** Bytes of all logs' first blocks together: each is as large as that allows, but holds at least a few lines. */
const FIRST_BLOCKS_BYTES = 2_097_152;
const FIRST_BLOCK = { leastBytes: 512, mostBytes: 16_384 };

export interface RunLogsOptions {
  readonly runs: Pick<RunIndex, "cells">;
  readonly slots: Pick<SlotTable, "get" | "load" | "isAsIndexed">;
  readonly logsDir: string;
  /** Keeps the files of an execution from being deleted. Returns a function that ends this. */
  readonly hold: (row: CellRow) => () => void;
}

type OwnedQuery = RunLinesQuery & { readonly owner: string };

interface Reading {
  readonly isNodeClock: boolean;
  readonly firstBytes: number;
  readonly turns: Pick<LoopTurns, "run">;
  readonly readFile: ReadFile;
}

/** Finds the logs of a run's executions. Most ended executions are whole, and are read without being loaded. */
export class RunLogs {
  readonly #options: RunLogsOptions;
  readonly #turns: Pick<LoopTurns, "run">;

  constructor(options: RunLogsOptions, turns: Pick<LoopTurns, "run">) {
    this.#options = options;
    this.#turns = turns;
  }

  /** @param releases Gets, for each execution, the function that lets its files be deleted again. */
  async open(query: OwnedQuery, releases: (() => void)[]): Promise<MergedLog[]> {
    const rows = await this.#rows(query);
    const share = Math.floor(FIRST_BLOCKS_BYTES / Math.max(1, rows.length));
    const firstBytes = Math.max(FIRST_BLOCK.leastBytes, Math.min(FIRST_BLOCK.mostBytes, share));
    // Counts waits for one request: the next may find other files in the page cache.
    const { read: readFile } = new QuickReads(() => performance.now());
    const how: Reading = { isNodeClock: query.isNodeClock === true, firstBytes, turns: this.#turns, readFile };
    const logs: MergedLog[] = [];
    const others: CellRow[] = [];
    await this.#inSteps(rows, STEP.wholes, async (row) => {
      releases.push(this.#options.hold(row));
      const whole = this.#whole(row, how);
      if (whole === undefined) others.push(row);
      else logs.push(whole);
    });
    await this.#inSteps(others, STEP.loads, async (row) => {
      const execution = await this.#load(row);
      if (execution !== undefined) logs.push(...logsOf(execution, how));
    });
    const { place, side } = query;
    // Executions that began after the place printed nothing before it.
    return side === "before" && place !== undefined ? logs.filter((log) => log.startedAt <= place.time) : logs;
  }

  async #rows({ owner, job, run, node, only, places }: OwnedQuery): Promise<CellRow[]> {
    const rows: CellRow[] = [];
    const wanted = only === undefined ? undefined : new Set(only);
    let after: CellPlace | undefined;
    for (let seen = 0; seen < MAX_EXECUTIONS; seen += STEP.rows) {
      const from = after;
      const read = await this.#turns.run(async () =>
        this.#options.runs.cells(run === undefined ? { owner, job } : { owner, job, run }, from, STEP.rows),
      );
      const isShown = (row: CellRow) => places?.some(({ x, node }) => x === row.x && node === row.node) !== false;
      const isWanted = (row: CellRow) => (node ?? row.node) === row.node && wanted?.has(row.x) !== false;
      rows.push(...read.filter((row) => isWanted(row) && isShown(row)));
      after = read.at(-1);
      if (read.length < STEP.rows) break;
    }
    return rows;
  }

  async #inSteps(rows: readonly CellRow[], step: number, work: (row: CellRow) => Promise<void>): Promise<void> {
    for (let at = 0; at < rows.length; at += step) {
      await this.#turns.run(async () => {
        for (const row of rows.slice(at, at + step)) await work(row);
      });
    }
  }

  /** The log of an execution, if its row holds all that a merge needs. */
  #whole(row: CellRow, { isNodeClock, ...how }: Reading): MergedLog | undefined {
    const { slots, logsDir } = this.#options;
    if (row.open === 1 || !slots.isAsIndexed(row)) return undefined;
    const record = asRecord(parseJson(row.summary)) ?? {};
    const log = WholeLog.of(join(logsDir, row.base), record);
    if (log === undefined) return undefined;
    const { x, startedAt, overAt: lastTime } = row;
    const correctsMs = isNodeClock ? 0 : clockOfRow(record);
    const marked = async (): Promise<MarkedLog> =>
      log.readMarks() ? log : ((await this.#load(row))?.logs.main ?? log);
    const of = { x, startedAt, summary: async () => parseExecution(record) ?? (await this.#load(row))?.summary() };
    return new MergedLog({ execution: of, log, marked, correctsMs, lastTime, ...how });
  }

  async #load(row: CellRow): Promise<StoredExecution | undefined> {
    const { slots } = this.#options;
    return slots.load(slots.get(row));
  }
}

function logsOf(execution: StoredExecution, { isNodeClock, ...how }: Reading): MergedLog[] {
  const { x, facts, overAt, printedAtMs, logs } = execution;
  const correctsMs = isNodeClock ? 0 : (execution.clock.behindMs ?? 0);
  const lastTime = overAt ?? shiftTime(new Date(printedAtMs).toISOString(), -correctsMs);
  const of = { x, startedAt: facts.startedAt, summary: async () => execution.summary() };
  return [logs.main, logs.late].flatMap((log) => {
    const isEmpty = log === undefined || log.lines === 0;
    return isEmpty ? [] : [new MergedLog({ execution: of, log, correctsMs, lastTime, ...how })];
  });
}
