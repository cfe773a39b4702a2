import { type BoardPlace, parseBoardPlace } from "./board.ts";
import { asCount, asRecord } from "./record.ts";

/** An execution of a run that failed or was lost, and when, by the collector's clock: RFC 3339, UTC, microseconds. */
export interface RunFailure extends BoardPlace {
  readonly state: "failed" | "lost";
  readonly at: string;
}

/**
 * `GET /api/run-times`: about how many lines a run printed when. Between two known places of a log its lines count as
 * spread evenly.
 */
export interface RunTimes {
  readonly owner: string;
  /** Where the first part begins, in ms since 1970 by the collector's clock, and how long each is. */
  readonly fromMs: number;
  readonly sizeMs: number;
  /** Lines in each part; the last one ends with the run, or now. */
  readonly counts: readonly number[];
  /** The first ones. */
  readonly failures: readonly RunFailure[];
}

/** Parts of a run's time: more than a page has pixels for are of no use. */
export const RUN_TIMES_PARTS = 300;
export const MAX_RUN_FAILURES = 300;

/** Skips failures that do not parse. */
export function parseRunTimes(value: unknown): RunTimes | undefined {
  const record = asRecord(value);
  const { owner, fromMs, sizeMs, counts, failures } = record ?? {};
  if (typeof owner !== "string" || typeof fromMs !== "number" || typeof sizeMs !== "number" || !(sizeMs > 0))
    return undefined;
  if (!Array.isArray(counts) || counts.length > RUN_TIMES_PARTS || !Array.isArray(failures)) return undefined;
  return {
    owner,
    fromMs,
    sizeMs,
    counts: counts.map((count: unknown) => asCount(count) ?? 0),
    failures: failures.flatMap((each: unknown) => parseFailure(each) ?? []),
  };
}

function parseFailure(value: unknown): RunFailure | undefined {
  const record = asRecord(value);
  const place = parseBoardPlace(record);
  const [state, at] = [record?.["state"], record?.["at"]];
  if (place === undefined || typeof at !== "string" || (state !== "failed" && state !== "lost")) return undefined;
  return { ...place, state, at };
}
