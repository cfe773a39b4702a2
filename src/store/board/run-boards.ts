import { LoopTurns } from "../../host/loop-turns.ts";
import { type Board, type BoardCell, MAX_BOARD_CELLS, MAX_SILENT_NAMED } from "../../wire/board.ts";
import type { CellPlace, RunIndex, RunName } from "../index/run-index.ts";
import type { SlotTable } from "../table/slots.ts";
import { firstFailure } from "./first-failure.ts";
import { cellOf, cellOfRow, type RunCell } from "./run-cell.ts";
import { silentOnes } from "./silent-ones.ts";

/** Rows read in one step: three milliseconds. */
const STEP_CELLS = 128;
/** A board is reused for this long, and longer if it took long to make. */
const KEEP_MS = 500;
const KEEP_MS_PER_CELL = 0.2;
/** Boards kept: viewers ask again every few seconds. */
const MAX_KEPT = 64;

interface Kept {
  readonly board: Promise<Board>;
  untilMs: number;
}

interface RunBoardsOptions {
  readonly runs: Pick<RunIndex, "cells">;
  readonly slots: Pick<SlotTable, "known">;
  /** Steady. */
  readonly nowMs: () => number;
}

/** Boards of runs, made from executions in memory and from the index for others. */
export class RunBoards {
  readonly #options: RunBoardsOptions;
  readonly #turns = new LoopTurns();
  readonly #kept = new Map<string, Kept>();

  constructor(options: RunBoardsOptions) {
    this.#options = options;
  }

  /** The board of one run. Reads its executions in turns, beside the live work. */
  of(run: RunName): Promise<Board> {
    const nowMs = this.#options.nowMs();
    const key = JSON.stringify([run.owner, run.job, run.run]);
    const known = this.#kept.get(key);
    if (known !== undefined && nowMs < known.untilMs) return known.board;
    const made: Kept = { board: this.#make(run), untilMs: Number.POSITIVE_INFINITY };
    this.#kept.delete(key);
    this.#kept.set(key, made);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_KEPT) break;
      this.#kept.delete(oldest);
    }
    made.board.then(
      ({ cells }) => {
        made.untilMs = this.#options.nowMs() + KEEP_MS + cells.length * KEEP_MS_PER_CELL;
      },
      () => {
        if (this.#kept.get(key) === made) this.#kept.delete(key);
      },
    );
    return made.board;
  }

  async #make(run: RunName): Promise<Board> {
    const cells: RunCell[] = [];
    let after: CellPlace | undefined;
    let isPartial = false;
    for (;;) {
      const read = await this.#turns.run(async () => this.#step(run, after));
      cells.push(...read.cells);
      after = read.last;
      if (read.cells.length < STEP_CELLS) break;
      isPartial = cells.length >= MAX_BOARD_CELLS;
      if (isPartial) break;
    }
    const nowMs = this.#options.nowMs();
    const { silent, usualMs } = await this.#turns.run(async () => silentOnes(cells, nowMs));
    const silentCells = new Set(silent.map(({ cell }) => cell));
    const { owner, job, run: name } = run;
    const shown = await this.#turns.run(async () =>
      cells.map((cell) => toBoardCell(cell, nowMs, silentCells.has(cell))),
    );
    return {
      ...{ job, owner, run: name, isPartial },
      first: await this.#turns.run(async () => firstFailure(cells)),
      cells: shown,
      silent: silent.slice(0, MAX_SILENT_NAMED).map(({ cell: { x, node, rank }, quietMs }) => ({
        ...{ x, node, quietMs },
        ...(rank === undefined ? {} : { rank }),
      })),
      silentCount: silent.length,
      usualMs: usualMs === undefined ? null : Math.round(usualMs),
    };
  }

  #step(run: RunName, after: CellPlace | undefined): { cells: RunCell[]; last: CellPlace | undefined } {
    const { runs, slots } = this.#options;
    const rows = runs.cells(run, after, STEP_CELLS);
    const cells = rows.map((row) => {
      const execution = slots.known(row);
      return execution === undefined ? cellOfRow(row) : cellOf(execution);
    });
    return { cells, last: rows.at(-1) };
  }
}

function toBoardCell(cell: RunCell, nowMs: number, isSilent: boolean): BoardCell {
  const { x, node, rank, state, code, signal, lastN, printedAtMs } = cell;
  const isRunning = state === "running" && printedAtMs !== undefined;
  return {
    ...{ x, node, state, lastN },
    ...(rank === undefined ? {} : { rank }),
    ...(code === undefined ? {} : { code }),
    ...(signal === undefined ? {} : { signal }),
    ...(isRunning ? { quietMs: Math.max(0, nowMs - printedAtMs) } : {}),
    ...(isSilent ? { isSilent } : {}),
  };
}
