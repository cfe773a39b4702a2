import type { Answer } from "../../api/json-client.ts";
import type { ApiClient } from "../../api-client.ts";
import type { LogLinePage, RunPage } from "../../api-parse.ts";
import type { LogPosition } from "./log-position.ts";
import { type Found, findExecutions } from "./log-target.ts";
import { firstRunPage, type Opening } from "./run-first-page.ts";

/** Lines per page of one execution: a few screens. */
export const PAGE_LINES = 1_000;
/** This part of a page lies before an opened line, so that scrolling up works at once. */
const PART_BEFORE = 4;

/** Requests sent when a log is opened. */
export interface FirstAsks {
  readonly found: Promise<Answer<Found>>;
  /** For an execution. */
  readonly lines?: Promise<Answer<LogLinePage>>;
  /** For a job: needed only if it is read in pages. */
  readonly runLines?: Promise<Answer<RunPage>>;
  /** Cancels the request for lines of a run that is not read in pages. */
  readonly forget?: () => void;
}

/** Requests everything that an opening shows, from the address alone: no request waits for another. */
export function askFirst(
  api: Pick<ApiClient, "execution" | "executions" | "lines" | "runLines">,
  { target, position, isNodeClock }: Opening,
): FirstAsks {
  const found = findExecutions(api, target);
  if (target.view === "execution") {
    const range = firstRange(position);
    return range === undefined ? { found } : { found, lines: api.lines(target, range) };
  }
  // Executions named by their ids are few.
  if (target.only !== undefined) return { found };
  const gone = new AbortController();
  const runLines = firstRunPage(api, { target, position, isNodeClock }, gone.signal);
  return { found, runLines, forget: () => gone.abort() };
}

/** The first line of a page around a line. */
export function pageFrom(n: number, limit: number): number {
  return Math.max(1, n - Math.floor(limit / PART_BEFORE));
}

/** The first range of an execution. Undefined if a time must first be found in its log. */
function firstRange(position: LogPosition): Parameters<ApiClient["lines"]>[1] | undefined {
  if (position.at === "time") return undefined;
  return position.at === "end" ? { last: PAGE_LINES } : { from: pageFrom(position.n, PAGE_LINES), limit: PAGE_LINES };
}
