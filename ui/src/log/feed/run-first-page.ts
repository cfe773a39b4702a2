import { formatRunPlace } from "../../../../src/wire/run-lines.ts";
import type { Answer } from "../../api/json-client.ts";
import type { ApiClient, RunLinesRequest } from "../../api-client.ts";
import type { RunPage } from "../../api-parse.ts";
import type { LogPosition } from "./log-position.ts";
import type { LogTarget } from "./log-target.ts";

/** Lines of the first page, to fill a screen soon; later pages read ahead. */
const FIRST_LINES = 200;

/** Where a log is opened. */
export interface Opening {
  readonly target: LogTarget;
  readonly position: LogPosition;
  /** Times are the nodes' own: known differences of their clocks are not taken out. */
  readonly isNodeClock: boolean;
}

/** The page of a run's merged lines that is shown first. */
export function firstRunPage(
  api: Pick<ApiClient, "runLines">,
  { position, ...of }: Opening & { readonly target: Extract<LogTarget, { view: "job" }> },
  signal?: AbortSignal,
): Promise<Answer<RunPage>> {
  const side =
    position.at === "end"
      ? { before: "end" }
      : { after: position.at === "time" && position.time !== "" ? formatRunPlace({ time: position.time }) : "start" };
  return api.runLines({ ...runQuery(of), ...side, limit: FIRST_LINES }, signal);
}

/** The query common to all pages of a run. */
export function runQuery(of: {
  readonly target: Extract<LogTarget, { view: "job" }>;
  readonly isNodeClock: boolean;
}): Omit<RunLinesRequest, "limit"> {
  const { job, run, owner, node, only } = of.target;
  return { job, run, owner, node, only: only?.join(","), clock: of.isNodeClock ? "node" : undefined };
}
