import { lineOfCri } from "../../frame/cri-line.ts";
import { LoopTurns } from "../../host/loop-turns.ts";
import type { Execution } from "../../wire/api.ts";
import type { RunLine, RunLinesPage, RunLinesQuery } from "../../wire/run-lines.ts";
import { type ChosenLine, inParallel, mergeLines } from "./merge-lines.ts";
import type { MergedExecution, MergedLog } from "./merged-log.ts";
import { ReadSpace } from "./read-space.ts";
import { RunLogs, type RunLogsOptions } from "./run-logs.ts";

/** Lines of a page made in one step of the loop: each may be of another execution, whose summary is parsed. */
const STEP_LINES = 64;

/** Reads the lines of all executions of a run in order of time, from any place on. */
export class RunLines {
  readonly #turns = new LoopTurns();
  readonly #logs: RunLogs;

  constructor(options: RunLogsOptions) {
    this.#logs = new RunLogs(options, this.#turns);
  }

  async read(query: RunLinesQuery & { readonly owner: string }): Promise<RunLinesPage> {
    const releases: (() => void)[] = [];
    try {
      const logs = await this.#logs.open(query, releases);
      const { side, place, limit } = query;
      const { lines, isMore } = await mergeLines({ logs, side, place, limit, turns: this.#turns });
      return { ...(await this.#numbered(lines)), isMore };
    } finally {
      for (const release of releases) release();
    }
  }

  /** The lines with their numbers, and their executions. */
  async #numbered(chosen: readonly ChosenLine[]): Promise<Omit<RunLinesPage, "isMore">> {
    const executions: Execution[] = [];
    const indexes = new Map<MergedExecution, number>();
    const expected = await this.#firstNumbers(chosen);
    const lines: RunLine[] = [];
    const space = new ReadSpace();
    const add = async ({ log, line }: ChosenLine): Promise<void> => {
      const { execution } = log;
      let s = indexes.get(execution);
      if (s === undefined) {
        const summary = await execution.summary();
        if (summary === undefined) return;
        s = executions.push(summary) - 1;
        indexes.set(execution, s);
      }
      const before = expected.get(log);
      const n = before?.at === line.at ? log.numberAfter(before) : await log.numberAt(line.at, space);
      expected.set(log, { at: line.end, n: n + 1 });
      const parsed = lineOfCri(line.bytes, n);
      if (parsed !== undefined) lines.push({ s, ...parsed });
    };
    for (let at = 0; at < chosen.length; at += STEP_LINES) {
      await this.#turns.run(async () => {
        for (const one of chosen.slice(at, at + STEP_LINES)) await add(one);
      });
    }
    return { executions, lines };
  }

  /** The number of each log's first line: later ones are counted from it. */
  async #firstNumbers(chosen: readonly ChosenLine[]): Promise<Map<MergedLog, { at: number; n: number }>> {
    const first = new Map<MergedLog, number>();
    for (const { log, line } of chosen) first.set(log, Math.min(first.get(log) ?? line.at, line.at));
    const numbers = new Map<MergedLog, { at: number; n: number }>();
    await inParallel([...first], async ([log, at], space) => {
      numbers.set(log, { at, n: await this.#turns.run(() => log.numberAt(at, space)) });
    });
    return numbers;
  }
}
