import { namedNodes } from "../../text/nodes/node-pattern.ts";
import type { FleetNode } from "../../wire/fleet/node-view.ts";
import { CtlError } from "../command.ts";

/** The nodes that a person names, each once. Throws a CtlError where words are none, or name nobody. */
export function chooseNodes(expressions: readonly string[], known: readonly FleetNode[]): readonly FleetNode[] {
  const named = namedNodes(
    expressions.join(","),
    known.map(({ node }) => node),
  );
  if ("problem" in named) throw new CtlError(`${named.problem}. \`mlctl nodes\` lists all`);
  return named.nodes.flatMap((name) => known.find(({ node }) => node === name) ?? []);
}
