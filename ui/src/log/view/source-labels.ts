import type { Execution } from "../../../../src/wire/api.ts";
import { rankOf } from "../../../../src/wire/rank-of.ts";
import { visibleText } from "../../text/visible-control.ts";
import { hueOf } from "./node-hue.ts";
import type { NodeLabel } from "./row-look.ts";

type Labelled = Pick<Execution, "node" | "labels">;

/**
 * Names of nodes, or the label `gutter` of executions. Several executions on a node are distinguished by rank:
 * `node2/5`; without ranks they are numbered.
 */
export function sourceLabels(executions: readonly Labelled[], gutter: string | undefined): readonly NodeLabel[] {
  const ofNode = new Map<string, { count: number; seen: number; readonly ranks: Set<string> }>();
  for (const execution of executions) {
    const of = ofNode.get(execution.node) ?? { count: 0, seen: 0, ranks: new Set<string>() };
    of.count += 1;
    of.ranks.add(rankOf(execution) ?? "");
    ofNode.set(execution.node, of);
  }
  return executions.map((execution) => {
    const { node, labels } = execution;
    const hue = hueOf(node);
    if (gutter !== undefined) return { text: visibleText(labels[gutter] ?? node), hue };
    const of = ofNode.get(node);
    const rank = rankOf(execution);
    if (of === undefined || of.count === 1) return { text: node, hue };
    if (rank !== undefined && of.ranks.size === of.count) return { text: visibleText(`${node}/${rank}`), hue };
    of.seen += 1;
    return { text: of.seen === 1 ? node : `${node} (${of.seen})`, hue };
  });
}
