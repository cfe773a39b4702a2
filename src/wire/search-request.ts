import { type ExecutionName, type ExecutionState, parseState } from "./api.ts";
import { parseLabels } from "./begin.ts";
import { parseExecutionId } from "./ids.ts";
import { WIRE_LIMITS } from "./limits.ts";
import { asCount, asRecord, type UnknownRecord } from "./record.ts";
import {
  count,
  flag,
  known,
  Problem,
  parsedBody,
  shortText,
  time,
  utf8Bytes,
  type WrongBody,
  word,
} from "./request-members.ts";
import { parseRunId } from "./run-id.ts";
import type { RunPlace } from "./run-lines.ts";
import type { StreamName } from "./stream-name.ts";
import { parseStream } from "./stream-name.ts";

/** Scope of a search: one execution, a job or one run of it, or everything that the viewer may see. */
export type SearchScope =
  | ExecutionName
  | { readonly job: string; readonly run?: string | undefined; readonly owner?: string | undefined }
  | { readonly all: true; readonly owner?: string | undefined };

/** Body of `POST /api/search`. All but `what` and `pattern` may be omitted there. */
export interface SearchRequest {
  readonly what: SearchScope;
  /** Text, or a regular expression of ripgrep's default engine. */
  readonly pattern: string;
  readonly regex: boolean;
  /** `smart` ignores case unless the pattern has a capital letter. */
  readonly case: "smart" | "ignore" | "match";
  /** No letter, digit or underscore stands before or after a match. */
  readonly word: boolean;
  /** Lines that do not match. */
  readonly invert: boolean;
  /** Texts that the line must have as well, or with `isNot` must not have; `case` and `word` hold for each of them. */
  readonly also: readonly { readonly text: string; readonly isNot: boolean }[];
  /** Only lines that say this level or a more serious one; with an empty pattern, all of them. */
  readonly level?: SearchedLevel | undefined;
  /** Only executions on one of these nodes; empty: on any. */
  readonly nodes: readonly string[];
  /** Only the executions with these ids; empty: all of them. */
  readonly only: readonly string[];
  /** Only executions with all of these labels. */
  readonly labels: Readonly<Record<string, string>>;
  readonly state?: ExecutionState | undefined;
  readonly stream?: StreamName | undefined;
  /** Only lines printed at or after `since`, and at or before `until`: RFC 3339, UTC, microseconds. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** Lines of context before and after each hit. */
  readonly before: number;
  readonly after: number;
  /** The lines that match, their number in each execution, or the executions that have any. */
  readonly show: "lines" | "counts" | "executions";
  /** Lines to show. The search ends there, unless `buckets` are wanted. */
  readonly limit: number;
  /** Where the hits are: in one execution by line number, in several by time; without context. All hits are counted. */
  readonly buckets: boolean;
  /** Only hits from this line number on, that one included; only in one execution, and without context. */
  readonly from?: number | undefined;
  /**
   * Only hits beside this place of a run, in the order of the collector's clock, then of ids and numbers; without context.
   * Its own line is none of them.
   */
  readonly place?: RunPlace | undefined;
  /**
   * With `from`: hits at and after it in their order, or at and before it, the nearest first. With `place`: hits after it
   * or before it, the nearest first.
   */
  readonly direction: "next" | "previous";
}

/** From the most serious one on. */
type SearchedLevel = "error" | "warn" | "info" | "debug";

export const SEARCH_REQUEST_LIMITS = {
  maxPatternBytes: 1_024,
  maxAlso: 16,
  maxOnly: 64,
  maxNodes: 1_024,
  maxContextLines: 20,
  defaultHits: 1_000,
  maxHits: 1_000_000,
  /** With `from` or `place`: they are wanted one by one, and held until their order is known. */
  maxHitsFrom: 1_000,
} as const;

const LEVELS = ["error", "warn", "info", "debug"] as const;
const CASES = ["smart", "ignore", "match"] as const;
const SHOWS = ["lines", "counts", "executions"] as const;
const DIRECTIONS = ["next", "previous"] as const;

/** Parses a request. `problem` names the member that is wrong, and its limit. */
export function parseSearchRequest(value: unknown): SearchRequest | WrongBody {
  return parsedBody(value, '{"what": {"all": true}, "pattern": "error"}', parseBody);
}

function parseBody(body: UnknownRecord): SearchRequest {
  const { maxContextLines, maxHits, defaultHits } = SEARCH_REQUEST_LIMITS;
  const what = parseScope(body["what"]);
  const [state, stream] = [body["state"], body["stream"]];
  const labels = body["labels"] === undefined ? {} : parseLabels(body["labels"]);
  if (labels === undefined) throw new Problem("labels", { limit: WIRE_LIMITS.maxLabels });
  const request = {
    what,
    pattern: patternOf("pattern", body["pattern"]),
    regex: flag(body, "regex"),
    case: word(body, "case", CASES),
    word: flag(body, "word"),
    invert: flag(body, "invert"),
    also: alsoOf(body["also"]),
    level: body["level"] === undefined ? undefined : word(body, "level", LEVELS),
    nodes: nodesOf(body["nodes"]),
    only: onlyOf(body["only"]),
    labels,
    state: state === undefined ? undefined : known("state", parseState(state)),
    stream: stream === undefined ? undefined : known("stream", parseStream(stream)),
    since: time(body, "since"),
    until: time(body, "until"),
    before: count(body, "before", { least: 0, most: maxContextLines, fallback: 0 }),
    after: count(body, "after", { least: 0, most: maxContextLines, fallback: 0 }),
    show: word(body, "show", SHOWS),
    limit: count(body, "limit", { least: 1, most: maxHits, fallback: defaultHits }),
    buckets: flag(body, "buckets"),
    from: body["from"] === undefined ? undefined : known("from", asCount(body["from"], 1)),
    place: placeOf(body["place"]),
    direction: word(body, "direction", DIRECTIONS),
  };
  if (request.regex && request.pattern.includes("\r")) throw new Problem("carriage-return");
  if (request.buckets && request.before + request.after > 0) throw new Problem("context");
  if (request.from !== undefined) checkStep("from", request);
  if (request.place !== undefined) checkStep("place", request);
  return request;
}

function placeOf(value: unknown): RunPlace | undefined {
  if (value === undefined) return undefined;
  const place = asRecord(value) ?? {};
  const at = time(place, "time");
  const [x, n] = [parseExecutionId(place["x"]), asCount(place["n"], 1)];
  if (at !== undefined && place["x"] === undefined && place["n"] === undefined) return { time: at };
  if (at === undefined || x === undefined || n === undefined) throw new Problem("place");
  return { time: at, x, n };
}

function checkStep(name: "from" | "place", request: SearchRequest): void {
  const { what, show, buckets, before, after, limit } = request;
  const { maxHitsFrom } = SEARCH_REQUEST_LIMITS;
  if (name === "from" && !("x" in what)) throw new Problem("from-one");
  if (name === "place" && "x" in what) throw new Problem("place-many");
  if (show !== "lines" || buckets || before + after > 0) throw new Problem("lines-only", { name });
  if (limit > maxHitsFrom) throw new Problem("count-with", { name, most: maxHitsFrom });
}

function parseScope(value: unknown): SearchScope {
  const scope = asRecord(value);
  const owner = shortText(scope?.["owner"], "owner", WIRE_LIMITS.maxOwnerCharacters);
  if (scope?.["all"] === true) return { all: true, owner };
  const job = shortText(scope?.["job"], "job", WIRE_LIMITS.maxJobCharacters);
  if (job !== undefined) {
    const run = scope?.["run"];
    return { job, run: run === undefined ? undefined : known("run", parseRunId(run)), owner };
  }
  const x = parseExecutionId(scope?.["x"]);
  if (x === undefined) throw new Problem("scope");
  return { x, node: shortText(scope?.["node"], "node", WIRE_LIMITS.maxNodeCharacters), owner };
}

function patternOf(name: string, value: unknown): string {
  const { maxPatternBytes } = SEARCH_REQUEST_LIMITS;
  if (typeof value !== "string") throw new Problem("text", { name });
  const bytes = utf8Bytes(value);
  if (bytes > maxPatternBytes) throw new Problem("bytes", { name, bytes, limit: maxPatternBytes });
  if (value.includes("\n")) throw new Problem("line-feed", { name });
  if (/\p{Surrogate}/u.test(value)) throw new Problem("surrogate", { name });
  return value;
}

function alsoOf(value: unknown): SearchRequest["also"] {
  const { maxAlso } = SEARCH_REQUEST_LIMITS;
  if (value === undefined) return [];
  if (!Array.isArray(value))
    throw new Problem("list", { name: "also", example: '[{"text": "error", "isNot": false}]' });
  if (value.length > maxAlso) throw new Problem("many", { name: "also", count: value.length, limit: maxAlso });
  return value.map((each: unknown) => {
    const term = asRecord(each) ?? {};
    return { text: patternOf("also", term["text"]), isNot: flag(term, "isNot") };
  });
}

function nodesOf(value: unknown): readonly string[] {
  const { maxNodes } = SEARCH_REQUEST_LIMITS;
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new Problem("list", { name: "nodes", example: '["node1"]' });
  if (value.length > maxNodes) throw new Problem("many", { name: "nodes", count: value.length, limit: maxNodes });
  return value.map((node) => known("nodes", shortText(node, "nodes", WIRE_LIMITS.maxNodeCharacters)));
}

function onlyOf(value: unknown): readonly string[] {
  const { maxOnly } = SEARCH_REQUEST_LIMITS;
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new Problem("list", { name: "only", example: '["01..."]' });
  if (value.length > maxOnly) throw new Problem("many", { name: "only", count: value.length, limit: maxOnly });
  return value.map((x) => known("only", parseExecutionId(x)));
}
