import { compareNatural } from "./natural-order.ts";

/** Most names from one expression: a typing error must not produce millions. */
export const MAX_NODES = 65_536;
/** A name is a host name: letters, digits, `.`, `_` and `-`. */
const NAME_PART = /[\w.-]/;

type NodeRange = { readonly nodes: readonly string[] } | { readonly problem: string };

/**
 * The nodes of an expression in the syntax of clush and nodeset: `gpu[01-16,20],login1`, `r[1-2]n[1-4]`, `n[0-10/2]`.
 *
 * Leading zeros are kept: 01-16 counts with two digits. Each node is listed once, in the order given.
 */
export function parseNodeRange(text: string): NodeRange {
  const nodes = new Set<string>();
  for (const term of splitOutsideBrackets(text)) {
    const expanded = expand(term.trim());
    if (typeof expanded === "string") return { problem: `Cannot read "${text}": ${expanded}` };
    for (const node of expanded) nodes.add(node);
    if (nodes.size > MAX_NODES) return { problem: `Cannot take "${text}": more than ${MAX_NODES} nodes` };
  }
  return { nodes: [...nodes] };
}

/** A short expression for these nodes, in natural order: `gpu[01-16,20],login1`. The last number of a name counts. */
export function formatNodeRange(nodes: Iterable<string>): string {
  const families = new Map<string, { before: string; after: string; numbers: string[] }>();
  for (const node of [...new Set(nodes)].sort(compareNatural)) {
    const [, before = node, number = "", after = ""] = /^(.*?)(\d{1,15})(\D*)$/.exec(node) ?? [];
    const key = number === "" ? before : `${before}\n${after}`;
    const family = families.get(key) ?? { before, after, numbers: [] };
    if (number !== "") family.numbers.push(number);
    families.set(key, family);
  }
  return [...families.values()].map(({ before, after, numbers }) => `${before}${bracketed(numbers)}${after}`).join(",");
}

/** `[01-03,7]`; without brackets for one number. */
function bracketed(numbers: readonly string[]): string {
  const ranges: { from: string; to: string }[] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last !== undefined && follows(last.to, number)) last.to = number;
    else ranges.push({ from: number, to: number });
  }
  const shown = ranges.map(({ from, to }) => (from === to ? from : `${from}-${to}`)).join(",");
  return numbers.length > 1 ? `[${shown}]` : shown;
}

/** Whether a range may continue: 9 to 10 without leading zeros, 09 to 10 with them. */
function follows(before: string, number: string): boolean {
  if (Number(number) !== Number(before) + 1) return false;
  return before.length === number.length || (!(before.startsWith("0") && before.length > 1) && !number.startsWith("0"));
}

function splitOutsideBrackets(text: string): string[] {
  return text.match(/(?:\[[^\]]*\]?|[^,[])+/g) ?? [];
}

/** The names of one term, or the reason for a refusal. */
function expand(term: string): readonly string[] | string {
  const parts = term.split(/(\[[^\]]*\])/);
  let names = [""];
  for (const part of parts) {
    const values = part.startsWith("[") ? numbersOf(part) : literal(part);
    if (typeof values === "string") return values;
    if (names.length * values.length > MAX_NODES) return `more than ${MAX_NODES} nodes`;
    names = names.flatMap((name) => values.map((value) => name + value));
  }
  return names.includes("") ? "a name is empty" : names;
}

function literal(part: string): readonly string[] | string {
  const strange = [...part].find((character) => !NAME_PART.test(character));
  if (strange === "[") return '"[" has no "]"';
  return strange === undefined ? [part] : `"${strange}" cannot stand in a node's name`;
}

/** `[01-16,20]` or `[0-10/2]`. */
function numbersOf(brackets: string): readonly string[] | string {
  const numbers: string[] = [];
  for (const range of brackets.slice(1, -1).split(",")) {
    const [, from = "", to = from, step = "1"] = /^\s*(\d{1,15})(?:-(\d{1,15})(?:\/(\d{1,6}))?)?\s*$/.exec(range) ?? [];
    if (from === "") return `"${range}" is no range of numbers`;
    if (Number(to) < Number(from) || Number(step) === 0) return `"${range}" counts nothing`;
    if ((Number(to) - Number(from)) / Number(step) >= MAX_NODES) return `more than ${MAX_NODES} nodes`;
    const width = from.startsWith("0") ? from.length : 0;
    for (let i = Number(from); i <= Number(to); i += Number(step)) numbers.push(String(i).padStart(width, "0"));
  }
  return numbers;
}
