import type { Answer } from "../../api/json-client.ts";
import type { ApiClient } from "../../api-client.ts";
import type { LogLinePage, RunPage } from "../../api-parse.ts";
import type { LogPosition } from "./log-position.ts";
import { type Found, findExecutions } from "./log-target.ts";
import { firstRunPage, type Opening } from "./run-first-page.ts";

/** Lines a page of one execution: a few screens. */
export const PAGE_LINES = 1_000;
/** An opened line shows some before it, so that scrolling up works at once. */
const PART_BEFORE = 4;

/** What an opening has asked for. */
export interface FirstAsks {
  readonly found: Promise<Answer<Found>>;
  /** Of an execution. */
  readonly lines?: Promise<Answer<LogLinePage>>;
  /** Of a job: needed only if it is read in pages. */
  readonly runLines?: Promise<Answer<RunPage>>;
  /** Gives up the lines of a run that is not read in pages. */
  readonly forget?: () => void;
}

/** Asks for all that an opening shows, from its address alone: no request waits for the answer to another. */
export function askFirst(
  api: Pick<ApiClient, "execution" | "executions" | "lines" | "runLines">,
  { target, position, isNodeClock }: Opening,
): FirstAsks {
  const found = findExecutions(api, target);
  if (target.view === "execution") {
    const range = firstRange(position);
    return range === undefined ? { found } : { found, lines: api.lines(target, range) };
  }
  // Some executions by their ids are few.
  if (target.only !== undefined) return { found };
  const gone = new AbortController();
  const runLines = firstRunPage(api, { target, position, isNodeClock }, gone.signal);
  return { found, runLines, forget: () => gone.abort() };
}

/** The first of a page around a line. */
export function pageFrom(n: number, limit: number): number {
  return Math.max(1, n - Math.floor(limit / PART_BEFORE));
}

/** Of an execution. Undefined: a time has to be found in its log. */
function firstRange(position: LogPosition): Parameters<ApiClient["lines"]>[1] | undefined {
  if (position.at === "time") return undefined;
  return position.at === "end" ? { last: PAGE_LINES } : { from: pageFrom(position.n, PAGE_LINES), limit: PAGE_LINES };
}
