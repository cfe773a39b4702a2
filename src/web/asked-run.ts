import { WIRE_LIMITS } from "../wire/limits.ts";
import { parseRunId, RUN_ID_RULE } from "../wire/run-id.ts";
import { badRequest } from "./http-error.ts";
import type { Query } from "./query.ts";

/** The run that a request names: `job`, `run`, and `owner` where several users have such a job. */
export function askedRun(
  query: Query,
  request: string,
): { readonly job: string; readonly run: string; readonly owner: string | undefined } {
  const job = query.text("job", WIRE_LIMITS.maxJobCharacters);
  const run = query.word("run", RUN_ID_RULE, parseRunId);
  const owner = query.text("owner", WIRE_LIMITS.maxOwnerCharacters);
  if (job === undefined || run === undefined) throw badRequest(`${request}: name a job and one run of it`);
  return { job, run, owner };
}
