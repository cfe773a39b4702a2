import type { ExecutionKey } from "./execution-key.ts";
import type { ExecutionPlace, JobPlace } from "./url-state.ts";
import { LOG_DEFAULTS } from "./url-state.ts";

/** The place that shows an execution. Only viewers who see several users' need the owner in it. */
export function placeOfExecution({ x, node, owner }: ExecutionKey, showOwner: boolean): ExecutionPlace {
  return { view: "execution", x, ...(showOwner ? { owner } : {}), node, ...LOG_DEFAULTS };
}

/** The place that shows one run of an owner's job. */
export function placeOfRun(
  { job, run, owner }: { job: string; run: string; owner: string },
  showOwner: boolean,
): JobPlace {
  return { view: "job", job, run, ...(showOwner ? { owner } : {}), node: "", ...LOG_DEFAULTS };
}
