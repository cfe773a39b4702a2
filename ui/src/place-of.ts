import type { ExecutionKey } from "./execution-key.ts";
import type { ExecutionPlace, JobPlace } from "./url-state.ts";
import { LOG_DEFAULTS } from "./url-state.ts";

/** Where an execution is shown. Only who sees those of several users needs the owner in the address. */
export function placeOfExecution({ x, node, owner }: ExecutionKey, showOwner: boolean): ExecutionPlace {
  return { view: "execution", x, ...(showOwner ? { owner } : {}), node, ...LOG_DEFAULTS };
}

/** Where an owner's job is shown. */
export function placeOfJob({ job, owner }: { job: string; owner: string }, showOwner: boolean): JobPlace {
  return { view: "job", job, ...(showOwner ? { owner } : {}), node: "", ...LOG_DEFAULTS };
}
