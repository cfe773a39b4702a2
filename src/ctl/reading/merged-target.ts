import { isNamedBy } from "../../text/nodes/node-pattern.ts";
import type { Execution } from "../../wire/api.ts";
import type { Target as LiveTarget } from "../../wire/live.ts";
import { UsageError } from "../../wire/usage-error.ts";
import { CtlError } from "../command.ts";
import type { Collector } from "../remote/collector.ts";
import { listExecutions } from "../remote/executions.ts";
import { inOrder, MAX_MERGED } from "../remote/merged-lines.ts";
import { executionsOf, type Target } from "../remote/targets.ts";

export const NODE_OPTION = { value: "NODES", help: "only on these: gpu1, gpu[01-16,20]" } as const;

/** What `--node` lets through. */
export function onNodes(text: string | undefined): (of: Pick<Execution, "node">) => boolean {
  if (text === undefined) return () => true;
  const isNamed = isNamedBy(text);
  if (typeof isNamed !== "function") throw new UsageError(isNamed.problem);
  return ({ node }) => isNamed(node);
}

/** The executions of a target, or all that run, in the order of their nodes. */
export async function executionsToMerge(
  collector: Collector,
  target: Target | "all",
  isWanted: (execution: Execution) => boolean,
): Promise<Execution[]> {
  const all = target === "all" ? listExecutions(collector, { state: "running" }) : executionsOf(collector, target);
  const executions: Execution[] = [];
  for await (const execution of all) {
    if (isWanted(execution)) executions.push(execution);
    if (executions.length > MAX_MERGED)
      throw new CtlError(`Cannot show more than ${MAX_MERGED} executions: narrow it with --run or --node`);
  }
  return executions.sort(inOrder);
}

/** A target as a live connection names it. */
export function liveTarget(target: Target | "all"): LiveTarget {
  if (target === "all") return { all: true };
  if (target.is === "execution") {
    const { x, node, owner } = target.execution;
    return { x, node, owner };
  }
  const { job, run, owner } = target;
  return { job, ...(run === undefined ? {} : { run }), ...(owner === undefined ? {} : { owner }) };
}
