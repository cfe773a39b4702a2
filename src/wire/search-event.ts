import { type NamedProblem, parseNamedProblem } from "./named-problem.ts";
import { asCount, asRecord, type UnknownRecord } from "./record.ts";
import type { StreamName } from "./stream-name.ts";
import { parseStream } from "./stream-name.ts";
import { parseTime } from "./time.ts";

/** The execution that an event is about. */
export interface SearchedExecution {
  readonly x: string;
  readonly node: string;
  readonly owner: string;
}

/** A line, its pieces joined: `text` if it is UTF-8, else `b64`; at most 4 KiB of it. */
export interface FoundLine extends SearchedExecution {
  /** Numbers of its first and its last piece. */
  readonly n: number;
  readonly lastN: number;
  /** Time of its first piece: RFC 3339, UTC, microseconds. */
  readonly time: string;
  readonly stream: StreamName;
  readonly text?: string;
  readonly b64?: string;
  /** Bytes left out before and after `text` or `b64`. Omitted if there are none. */
  readonly cut?: readonly [before: number, after: number];
  /** Only its first MiB was searched. Omitted otherwise. */
  readonly long?: true;
}

/** A match in `text` (UTF-16 units) or in the bytes of `b64`: start, and end, which is not part of it. */
export type MatchRange = readonly [start: number, end: number];

/** Why a search ended before it had read everything. */
export type SearchStop = "limit" | "time" | "failed" | "refused";

/** One line of the answer to `POST /api/search`. `end` is always the last. */
export type SearchEvent =
  /** It starts when this many others have ended. */
  | { readonly t: "waiting"; readonly ahead: number }
  | ({ readonly t: "hit"; readonly at: readonly MatchRange[] } & FoundLine)
  | ({ readonly t: "context" } & FoundLine)
  | ({ readonly t: "count"; readonly hits: number } & SearchedExecution)
  | ({ readonly t: "execution" } & SearchedExecution)
  | ({ readonly t: "progress" } & SearchTotals)
  /** `counts[i]` is the number of hits in a bucket of `size` line numbers; bucket 0 begins with number 1. */
  | ({
      readonly t: "buckets";
      readonly size: number;
      readonly counts: readonly (readonly [bucket: number, hits: number])[];
    } & SearchedExecution)
  /** The same for several executions, by the collector's clock: bucket 0 begins at `from`, RFC 3339. */
  | {
      readonly t: "times";
      readonly from: string;
      readonly sizeMs: number;
      readonly counts: readonly (readonly [bucket: number, hits: number])[];
    }
  | ({
      readonly t: "end";
      /** It ended before it had read everything. */
      readonly capped: boolean;
      readonly why?: SearchStop;
      readonly message?: string;
      /** What the message says, by name. */
      readonly problem?: NamedProblem | undefined;
      /** Lines of which only the first MiB was searched. */
      readonly longLines: number;
      /** Executions whose files could not be read. */
      readonly unreadable: number;
    } & SearchTotals);

export interface SearchTotals {
  readonly hits: number;
  /** Executions read to their end. */
  readonly executions: number;
  /** Bytes read. */
  readonly bytes: number;
}

/** Parses one line of an answer. Undefined for an event that this version does not know. */
export function parseSearchEvent(value: unknown): SearchEvent | undefined {
  const record = asRecord(value);
  if (record === undefined) return undefined;
  const execution = executionOf(record);
  const hits = asCount(record["hits"]);
  switch (record["t"]) {
    case "waiting": {
      const ahead = asCount(record["ahead"]);
      return ahead === undefined ? undefined : { t: "waiting", ahead };
    }
    case "hit": {
      const line = lineOf(record);
      const at = rangesOf(record["at"]);
      return line === undefined || at === undefined ? undefined : { t: "hit", ...line, at };
    }
    case "context": {
      const line = lineOf(record);
      return line === undefined ? undefined : { t: "context", ...line };
    }
    case "count":
      return execution === undefined || hits === undefined ? undefined : { t: "count", ...execution, hits };
    case "execution":
      return execution === undefined ? undefined : { t: "execution", ...execution };
    case "progress": {
      const totals = totalsOf(record);
      return totals === undefined ? undefined : { t: "progress", ...totals };
    }
    case "buckets": {
      const [size, counts] = [asCount(record["size"], 1), rangesOf(record["counts"])];
      if (execution === undefined || size === undefined || counts === undefined) return undefined;
      return { t: "buckets", ...execution, size, counts };
    }
    case "times": {
      const [from, sizeMs, counts] = [
        parseTime(record["from"]),
        asCount(record["sizeMs"], 1),
        rangesOf(record["counts"]),
      ];
      if (from === undefined || sizeMs === undefined || counts === undefined) return undefined;
      return { t: "times", from, sizeMs, counts };
    }
    case "end":
      return endOf(record);
    default:
      return undefined;
  }
}

function endOf(record: UnknownRecord): SearchEvent | undefined {
  const { capped, why, message, problem } = record;
  const totals = totalsOf(record);
  const [longLines, unreadable] = [asCount(record["longLines"]), asCount(record["unreadable"])];
  if (totals === undefined || longLines === undefined || unreadable === undefined) return undefined;
  const stops: readonly SearchStop[] = ["limit", "time", "failed", "refused"];
  const stop = stops.find((each) => each === why);
  return {
    t: "end",
    ...totals,
    capped: capped === true,
    longLines,
    unreadable,
    ...(stop === undefined ? {} : { why: stop }),
    ...(typeof message === "string" ? { message, problem: parseNamedProblem(problem) } : {}),
  };
}

function totalsOf(record: UnknownRecord): SearchTotals | undefined {
  const [hits, executions, bytes] = [asCount(record["hits"]), asCount(record["executions"]), asCount(record["bytes"])];
  if (hits === undefined || executions === undefined || bytes === undefined) return undefined;
  return { hits, executions, bytes };
}

function executionOf({ x, node, owner }: UnknownRecord): SearchedExecution | undefined {
  if (typeof x !== "string" || typeof node !== "string" || typeof owner !== "string") return undefined;
  return { x, node, owner };
}

function lineOf(record: UnknownRecord): FoundLine | undefined {
  const execution = executionOf(record);
  const { time, text, b64, long } = record;
  const [n, lastN, stream] = [asCount(record["n"], 1), asCount(record["lastN"], 1), parseStream(record["stream"])];
  if (execution === undefined || n === undefined || lastN === undefined || stream === undefined) return undefined;
  if (typeof time !== "string") return undefined;
  const [cut] = rangesOf([record["cut"]]) ?? [];
  const content = typeof text === "string" ? { text } : typeof b64 === "string" ? { b64 } : undefined;
  if (content === undefined) return undefined;
  const cuts = { ...(cut === undefined ? {} : { cut }), ...(long === true ? { long: true as const } : {}) };
  return { ...execution, n, lastN, time, stream, ...content, ...cuts };
}

/** Pairs of whole numbers. */
function rangesOf(value: unknown): MatchRange[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const ranges: MatchRange[] = [];
  for (const pair of value) {
    const [first, second] = Array.isArray(pair) ? [asCount(pair[0]), asCount(pair[1])] : [];
    if (first === undefined || second === undefined) return undefined;
    ranges.push([first, second]);
  }
  return ranges;
}
