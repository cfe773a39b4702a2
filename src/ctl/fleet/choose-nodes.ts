import { parseNodeRange } from "../../text/nodes/node-range.ts";
import type { FleetNode } from "../../wire/fleet/node-view.ts";
import { UsageError } from "../../wire/usage-error.ts";
import { CtlError } from "../command.ts";

/**
 * The nodes that a person names: `node[1-4]`, `gpu*`, `*`, several separated by commas. Each once, in their order.
 *
 * Throws a `UsageError` for an expression that is none, a `CtlError` for a name or pattern without a node.
 */
export function chooseNodes(expressions: readonly string[], known: readonly FleetNode[]): readonly FleetNode[] {
  const chosen = new Map<string, FleetNode>();
  for (const word of expressions.flatMap((each) => each.match(/(?:\[[^\]]*\]?|[^,[])+/g) ?? [])) {
    const isWanted = matcherOf(word.trim());
    const found = known.filter(({ node }) => isWanted(node));
    if (found.length === 0)
      throw new CtlError(`No node of the fleet is called ${word.trim()}: \`mlctl nodes\` lists all`);
    for (const each of found) chosen.set(each.node, each);
  }
  return [...chosen.values()];
}

function matcherOf(word: string): (node: string) => boolean {
  if (/[*?]/.test(word)) {
    const pattern = word
      .toLowerCase()
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replace(/\*/g, ".*")
      .replace(/\?/g, ".");
    const whole = new RegExp(`^${pattern}$`);
    return (node) => whole.test(node);
  }
  const range = parseNodeRange(word);
  if ("problem" in range) throw new UsageError(range.problem);
  const names = new Set(range.nodes.map((name) => name.toLowerCase()));
  return (node) => names.has(node);
}
