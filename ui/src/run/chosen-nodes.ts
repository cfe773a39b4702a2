import { type NamedNodes, namedNodes } from "../../../src/text/nodes/node-pattern.ts";
import { nodesWhere } from "../../../src/text/nodes/where.ts";
import type { FleetNode } from "../../../src/wire/fleet/node-view.ts";

/** An expression over facts, not names. */
const IS_WHERE = /[=<>]/;

/** The nodes that an input selects: names, ranges and globs, or facts like `memory>=16G && role=render`. */
export function chosenNodes(words: string, known: readonly FleetNode[]): NamedNodes {
  if (!IS_WHERE.test(words)) {
    return namedNodes(
      words,
      known.map(({ node }) => node),
    );
  }
  const found = nodesWhere([words], known);
  return "problem" in found ? found : { nodes: found.nodes.map(({ node }) => node) };
}
