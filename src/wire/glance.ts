import type { BoardPlace } from "./board.ts";
import { asCount, asRecord } from "./record.ts";
import { parseRunId } from "./run-id.ts";

/** A run's figures in a list, besides the counts of its executions. */
export interface Glance {
  readonly owner: string;
  readonly job: string;
  readonly run: string;
  /** Lines printed by all its executions. */
  readonly lines: number;
  /** How long ago one of its running executions printed; null if none is running. */
  readonly quietMs: number | null;
  /** Running executions that are much quieter than the others. */
  readonly silentCount: number;
  /** The last line of the execution that failed first, else of one that has just printed. */
  readonly line: GlanceLine | null;
}

export interface GlanceLine extends BoardPlace {
  readonly text: string;
  /** Whether it is of the execution that failed first. */
  readonly isOfFirst: boolean;
}

export type RunOfGlance = readonly [owner: string, job: string, run: string];

/** Runs that one request may name. */
export const MAX_GLANCES = 20;
/** Length of a line in a glance. */
export const MAX_GLANCE_CHARACTERS = 300;

/** Parses the runs of a request; undefined if they are too many, or not runs. */
export function parseGlanceRuns(value: unknown): readonly RunOfGlance[] | undefined {
  if (!Array.isArray(value) || value.length > MAX_GLANCES) return undefined;
  const runs = value.flatMap((each: unknown): RunOfGlance[] => {
    if (!Array.isArray(each)) return [];
    const [owner, job, run] = each as readonly unknown[];
    const id = parseRunId(run);
    return typeof owner === "string" && typeof job === "string" && id !== undefined ? [[owner, job, id]] : [];
  });
  return runs.length === value.length ? runs : undefined;
}

/** Skips glances that do not parse. */
export function parseGlances(value: unknown): readonly Glance[] | undefined {
  const list = asRecord(value)?.["glances"];
  return Array.isArray(list) ? list.flatMap((each: unknown) => parseGlance(each) ?? []) : undefined;
}

function parseGlance(value: unknown): Glance | undefined {
  const record = asRecord(value);
  const run = parseRunId(record?.["run"]);
  const [owner, job, lines] = [record?.["owner"], record?.["job"], asCount(record?.["lines"])];
  if (record === undefined || run === undefined || typeof owner !== "string") return undefined;
  if (typeof job !== "string" || lines === undefined) return undefined;
  const quietMs = asCount(record["quietMs"]) ?? null;
  return {
    owner,
    job,
    run,
    lines,
    quietMs,
    silentCount: asCount(record["silentCount"]) ?? 0,
    line: parseLine(record["line"]),
  };
}

function parseLine(value: unknown): GlanceLine | null {
  const record = asRecord(value);
  const [x, node, rank, text] = [record?.["x"], record?.["node"], record?.["rank"], record?.["text"]];
  if (typeof x !== "string" || typeof node !== "string" || typeof text !== "string") return null;
  return { x, node, ...(typeof rank === "string" ? { rank } : {}), text, isOfFirst: record?.["isOfFirst"] === true };
}
