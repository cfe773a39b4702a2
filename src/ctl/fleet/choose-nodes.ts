import { namedNodes } from "../../text/nodes/node-pattern.ts";
import { nodesWhere } from "../../text/nodes/where.ts";
import type { FleetNode } from "../../wire/fleet/node-view.ts";
import { CtlError } from "../command.ts";

/**
 * The nodes that a person names, each once, and of these the ones whose facts fit all of `where`. Without names: of all.
 * Throws a CtlError where words are none, or name nobody.
 */
export function chooseNodes(
  expressions: readonly string[],
  known: readonly FleetNode[],
  where: readonly string[] = [],
): readonly FleetNode[] {
  if (known.length === 0) throw new CtlError("The fleet has no nodes: `mlctl pki issue` makes a node's certificate");
  const wanted = nodesWhere(where, expressions.length === 0 ? known : nodesNamed(expressions, known));
  if ("problem" in wanted) throw new CtlError(`${wanted.problem}. \`mlctl nodes\` lists all`);
  if (wanted.nodes.length === 0) throw new CtlError(`No node fits ${where.join(" and ")}`);
  return wanted.nodes;
}

function nodesNamed(expressions: readonly string[], known: readonly FleetNode[]): readonly FleetNode[] {
  const named = namedNodes(
    expressions.join(","),
    known.map(({ node }) => node),
  );
  if ("problem" in named) throw new CtlError(`${named.problem}. \`mlctl nodes\` lists all`);
  const byName = new Map(known.map((each) => [each.node, each]));
  return named.nodes.flatMap((name) => byName.get(name) ?? []);
}
