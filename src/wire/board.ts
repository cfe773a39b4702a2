import { type ExecutionState, parseState } from "./api.ts";
import { parseExecutionId } from "./ids.ts";
import { asCount, asRecord, type UnknownRecord } from "./record.ts";
import { parseRunId } from "./run-id.ts";

/** Names an execution on a board. */
export interface BoardPlace {
  readonly x: string;
  readonly node: string;
  /** Its label `rank`; omitted if it has none. */
  readonly rank?: string;
}

/** One execution of a run, as small as a board of thousands needs it. */
export interface BoardCell extends BoardPlace {
  readonly state: ExecutionState;
  /** Only of a command that has ended. */
  readonly code?: number;
  readonly signal?: string;
  readonly lastN: number;
  /** How long ago its last line arrived; only while it is running. */
  readonly quietMs?: number;
  /** Much quieter than the others. */
  readonly isSilent?: true;
}

/** The execution of a run that failed or was lost first. */
export interface FirstFailure extends BoardPlace {
  readonly state: "failed" | "lost";
  readonly code?: number;
  readonly signal?: string;
  /** By the collector's clock: RFC 3339, UTC, microseconds. For a lost execution: when it was last heard from. */
  readonly at: string;
}

/** A running execution that is much quieter than the others. */
export interface SilentOne extends BoardPlace {
  readonly quietMs: number;
}

/** `GET /api/board`: every execution of one run at a glance. */
export interface Board {
  readonly job: string;
  readonly owner: string;
  readonly run: string;
  /** In no particular order; at most `MAX_BOARD_CELLS`, the newest. */
  readonly cells: readonly BoardCell[];
  /** The run has more executions. */
  readonly isPartial: boolean;
  readonly first: FirstFailure | null;
  /** The quietest first, at most `MAX_SILENT_NAMED`; `silentCount` counts all. */
  readonly silent: readonly SilentOne[];
  readonly silentCount: number;
  /** Typical silence in this run: the median that silent executions are compared with. */
  readonly usualMs: number | null;
}

/** Twice as many as a subscription lists. */
export const MAX_BOARD_CELLS = 20_000;
export const MAX_SILENT_NAMED = 10;

/** Parses a board; skips cells that do not parse. */
export function parseBoard(value: unknown): Board | undefined {
  const record = asRecord(value);
  if (record === undefined) return undefined;
  const { job, owner, cells, silent, isPartial } = record;
  const run = parseRunId(record["run"]);
  if (typeof job !== "string" || typeof owner !== "string" || run === undefined) return undefined;
  if (!Array.isArray(cells) || !Array.isArray(silent)) return undefined;
  return {
    ...{ job, owner, run, isPartial: isPartial === true },
    cells: cells.flatMap((each) => parseCell(each) ?? []),
    first: parseFirst(record["first"]) ?? null,
    silent: silent.flatMap((each) => parseSilent(each) ?? []),
    silentCount: asCount(record["silentCount"]) ?? silent.length,
    usualMs: asCount(record["usualMs"]) ?? null,
  };
}

export function parseBoardPlace(record: UnknownRecord | undefined): BoardPlace | undefined {
  const x = parseExecutionId(record?.["x"]);
  const [node, rank] = [record?.["node"], record?.["rank"]];
  if (x === undefined || typeof node !== "string") return undefined;
  return typeof rank === "string" ? { x, node, rank } : { x, node };
}

function parseEnding(record: UnknownRecord): Pick<BoardCell, "code" | "signal"> {
  const { code, signal } = record;
  return {
    ...(typeof code === "number" ? { code } : {}),
    ...(typeof signal === "string" ? { signal } : {}),
  };
}

function parseCell(value: unknown): BoardCell | undefined {
  const record = asRecord(value);
  const place = parseBoardPlace(record);
  const state = parseState(record?.["state"]);
  const lastN = asCount(record?.["lastN"]);
  if (record === undefined || place === undefined || state === undefined || lastN === undefined) return undefined;
  const quietMs = asCount(record["quietMs"]);
  return {
    ...{ ...place, state, ...parseEnding(record), lastN },
    ...(quietMs === undefined ? {} : { quietMs }),
    ...(record["isSilent"] === true ? { isSilent: true } : {}),
  };
}

function parseFirst(value: unknown): FirstFailure | undefined {
  const record = asRecord(value);
  const place = parseBoardPlace(record);
  const [state, at] = [record?.["state"], record?.["at"]];
  if (record === undefined || place === undefined || typeof at !== "string") return undefined;
  return state === "failed" || state === "lost" ? { ...place, state, ...parseEnding(record), at } : undefined;
}

function parseSilent(value: unknown): SilentOne | undefined {
  const record = asRecord(value);
  const place = parseBoardPlace(record);
  const quietMs = asCount(record?.["quietMs"]);
  return place === undefined || quietMs === undefined ? undefined : { ...place, quietMs };
}
