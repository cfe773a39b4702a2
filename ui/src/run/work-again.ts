import type { RunView } from "../../../src/wire/fleet/run-view.ts";
import type { Work } from "./make-order.ts";

/** Where a run did not go well and may be tried again. What is `unknown` may have been executed. */
export function failedNodes({ nodes }: Pick<RunView, "nodes">): readonly string[] {
  return nodes
    .filter(({ state }) => ["failed", "refused", "expired", "cancelled"].includes(state))
    .map(({ node }) => node);
}

/**
 * The same work once more, on some of its nodes. Undefined where the order had set variables: nobody keeps their values, and
 * without them it would be other work.
 */
export function workAgain({ argv, job, details }: RunView, nodes: readonly string[]): Work | undefined {
  const { variables, ...others } = details;
  return variables.length > 0 ? undefined : { ...others, nodes, argv, job, env: [] };
}
