import { type ExecutionState, parseState } from "../../wire/api.ts";
import type { BoardPlace } from "../../wire/board.ts";
import { asCount, asRecord, parseJson, type UnknownRecord } from "../../wire/record.ts";
import type { StoredExecution } from "../execution/stored-execution.ts";
import type { CellRow } from "../index/run-index.ts";

/** One execution on the board. */
export interface RunCell extends BoardPlace {
  readonly state: ExecutionState;
  readonly code?: number;
  readonly signal?: string;
  readonly lastN: number;
  readonly startedAt: string;
  /** When it ended, by its node's clock, or was last heard of, by the collector's; undefined while it is running. */
  readonly overAt: string | undefined;
  /** How far its node's clock is behind; 0 if not known. */
  readonly clockMs: number;
  /** When its last line arrived, by the collector's clock; undefined unless the execution is in memory. */
  readonly printedAtMs: number | undefined;
}

/** The cell of an execution in memory; builds no summary. */
export function cellOf(execution: StoredExecution): RunCell {
  const { x, node, facts, state, exit, lastN, overAt, clock, printedAtMs } = execution;
  return {
    ...placeOf(x, node, facts.labels["rank"]),
    ...{ state, ...ending(exit?.code, exit?.signal), lastN, startedAt: facts.startedAt, overAt },
    ...{ clockMs: clock.behindMs ?? 0, printedAtMs },
  };
}

/** The cell of a row. Does not check every member of the summary: the collector itself has written it. */
export function cellOfRow({ x, node, startedAt, overAt, state, summary }: CellRow): RunCell {
  const record = asRecord(parseJson(summary)) ?? {};
  return {
    ...placeOf(x, node, asRecord(record["labels"])?.["rank"]),
    ...ending(record["code"], record["signal"]),
    ...{ state: parseState(state) ?? "lost", lastN: asCount(record["lastN"]) ?? 0, startedAt },
    ...{ overAt: overAt === "" ? undefined : overAt, printedAtMs: undefined },
    clockMs: clockOfRow(record),
  };
}

/** How far the node's clock is behind, by a row's summary; 0 if not known. */
export function clockOfRow({ clockMs }: UnknownRecord): number {
  return typeof clockMs === "number" ? clockMs : 0;
}

function placeOf(x: string, node: string, rank: unknown): BoardPlace {
  return typeof rank === "string" ? { x, node, rank } : { x, node };
}

function ending(code: unknown, signal: unknown): Pick<RunCell, "code" | "signal"> {
  return { ...(typeof code === "number" ? { code } : {}), ...(typeof signal === "string" ? { signal } : {}) };
}
