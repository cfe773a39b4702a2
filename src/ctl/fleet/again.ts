import { parseRunView, type RunView } from "../../wire/fleet/run-view.ts";
import { parseExecutionId } from "../../wire/ids.ts";
import { UsageError } from "../../wire/usage-error.ts";
import { CtlError } from "../command.ts";
import type { Collector } from "../remote/collector.ts";
import type { RunRequest } from "./run-request.ts";

/** The request of an earlier run. The values of its environment were not kept: they come from this environment. */
export function requestOfRun({ argv, job, details, nodes }: RunView): RunRequest {
  const { variables, ...others } = details;
  return { nodes: nodes.map(({ node }) => node), where: [], argv, job, env: variables, ...others };
}

/** The same request for the nodes where it failed. Omits `unknown` nodes, which may have executed it. */
export async function requestAgain(collector: Collector, word: string): Promise<RunRequest> {
  const run = parseExecutionId(word.toUpperCase());
  if (run === undefined) throw new UsageError(`--again: expected a run's id, got ${word}; \`mlctl runs\` lists them`);
  const view = await collector.json({ path: `/runs/${run}` }, parseRunView);
  if (!view.isDone && !view.isPaused) throw new CtlError(`${run} has not ended: mlctl runs ${run} shows its states`);
  const failed = view.nodes.filter(({ state }) => ["failed", "refused", "expired", "cancelled"].includes(state));
  if (failed.length === 0) throw new CtlError(`${run} has failed on no node`);
  return { ...requestOfRun(view), nodes: failed.map(({ node }) => node) };
}
