import { parseNodeRange } from "./node-range.ts";

/** Nodes that a person's words name, or why that cannot be read. */
export type NamedNodes = { readonly nodes: readonly string[] } | { readonly problem: string };

/**
 * The nodes of `known` that words name: `node[1-4]`, `gpu*`, `*`, several separated by commas. Each once, in the order of the
 * words. A word without a node is a problem.
 */
export function namedNodes(words: string, known: readonly string[]): NamedNodes {
  const named = new Set<string>();
  for (const word of words.match(/(?:\[[^\]]*\]?|[^,[])+/g) ?? []) {
    const isWanted = matcherOf(word.trim());
    if (typeof isWanted !== "function") return isWanted;
    const found = known.filter(isWanted);
    if (found.length === 0) return { problem: `No node of the fleet is called ${word.trim()}` };
    for (const node of found) named.add(node);
  }
  return { nodes: [...named] };
}

function matcherOf(word: string): ((node: string) => boolean) | { readonly problem: string } {
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
  if ("problem" in range) return range;
  const names = new Set(range.nodes.map((name) => name.toLowerCase()));
  return (node) => names.has(node);
}
