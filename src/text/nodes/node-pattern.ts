import { fitsGlob } from "./glob.ts";
import { parseNodeRange } from "./node-range.ts";

/** The nodes that a person named, or why the words cannot be parsed. */
export type NamedNodes = { readonly nodes: readonly string[] } | { readonly problem: string };

/**
 * The nodes of `known` that words name: `node[1-4]`, `gpu*`, `*`, several separated by commas. Lists each node once, in
 * the order of the words. A word without a node is a problem.
 */
export function namedNodes(words: string, known: readonly string[]): NamedNodes {
  const named = new Set<string>();
  for (const word of wordsOf(words)) {
    const isWanted = matcherOf(word);
    if (typeof isWanted !== "function") return isWanted;
    const found = known.filter(isWanted);
    if (found.length === 0) return { problem: `No node of the fleet is called ${word}` };
    for (const node of found) named.add(node);
  }
  return { nodes: [...named] };
}

/** Whether one of the words names a node. */
export function isNamedBy(words: string): ((node: string) => boolean) | { readonly problem: string } {
  const matchers: ((node: string) => boolean)[] = [];
  for (const word of wordsOf(words)) {
    const isWanted = matcherOf(word);
    if (typeof isWanted !== "function") return isWanted;
    matchers.push(isWanted);
  }
  return (node) => matchers.some((isWanted) => isWanted(node));
}

function wordsOf(words: string): readonly string[] {
  return (words.match(/(?:\[[^\]]*\]?|[^,[])+/g) ?? []).map((word) => word.trim());
}

function matcherOf(word: string): ((node: string) => boolean) | { readonly problem: string } {
  if (/[*?]/.test(word)) return (node) => fitsGlob(word, node);
  const range = parseNodeRange(word);
  if ("problem" in range) return range;
  const names = new Set(range.nodes.map((name) => name.toLowerCase()));
  return (node) => names.has(node);
}
