import type { ApiClient } from "../../api-client.ts";
import type { ExecutionPlace, JobPlace } from "../../url-state.ts";
import { ALL_RUNS, parseLineNumber } from "../../url-state.ts";
import { type LogPosition, parseTimePosition } from "./log-position.ts";
import type { LogTarget } from "./log-target.ts";

/** The target of an address; for a job without a run, the newest run. */
export async function targetOf(api: Pick<ApiClient, "runs">, place: ExecutionPlace | JobPlace): Promise<LogTarget> {
  if (place.view === "execution") return place;
  const { run, ...job } = place;
  if (run === ALL_RUNS) return job;
  if (run !== undefined) return place;
  const newest = await api.runs({ job: place.job, owner: place.owner, limit: 1 });
  // Several users may have such a job: the feed asks for its owner.
  const found = newest.ok ? newest.value.runs[0]?.run : undefined;
  return found === undefined ? job : { ...job, run: found };
}

export function positionOf(place: ExecutionPlace | JobPlace): LogPosition {
  if (place.view === "job") return parseTimePosition(place.top || place.mark) ?? { at: "end" };
  const n = parseLineNumber(place.top);
  if (n !== undefined) return { at: "line", n, align: "top" };
  return place.line > 0 ? { at: "line", n: place.line, align: "third" } : { at: "end" };
}
