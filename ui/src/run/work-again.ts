import type { RunView } from "../../../src/wire/fleet/run-view.ts";
import type { Work } from "./make-order.ts";

/** Nodes on which a run failed and may be retried. On an `unknown` node it may have been executed. */
export function failedNodes({ nodes }: Pick<RunView, "nodes">): readonly string[] {
  return nodes
    .filter(({ state }) => ["failed", "refused", "expired", "cancelled"].includes(state))
    .map(({ node }) => node);
}

/**
 * The same work once more, on some of its nodes. Undefined if the order had set variables: their values are not kept,
 * and without them it would be different work.
 */
export function workAgain({ argv, job, details }: RunView, nodes: readonly string[]): Work | undefined {
  const { variables, ...others } = details;
  return variables.length > 0 ? undefined : { ...others, nodes, argv, job, env: [] };
}
