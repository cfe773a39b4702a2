import { compareFact, FACT_NAMES, type NodeFacts } from "./node-facts.ts";
import { isNamedBy } from "./node-pattern.ts";

/** Whether a node is wanted. */
type Where = (facts: NodeFacts) => boolean;

const TOKEN =
  /\s*(?:(&&|\|\||[()!](?!=))|([A-Za-z_][\w./-]*)\s*(==|!=|>=|<=|=|>|<)\s*("[^"]*"|'[^']*'|(?!=)(?:\[[^\]]*\]|[^\s()&|])+))/y;
const MAX_CHARACTERS = 256;
/** `!(!(...` */
const MAX_DEPTH = 32;

interface Comparison {
  readonly name: string;
  readonly operator: string;
  readonly value: string;
}

type Token = string | Comparison;

/**
 * An expression over the facts of a node: `memory>=16G && arch==x86_64`, `role=render || !(gpus=*)`.
 *
 * A comparison is NAME OPERATOR VALUE. `=` (or `==`) and `!=` take globs, and for `node` also ranges as clush writes
 * them; in a list, one matching element is enough. `<`, `<=`, `>`, `>=` compare numbers, with K, M, G, T as powers of
 * 1024. A name that is not a fact is the key of a label. An unknown fact satisfies only `!=`.
 */
export function parseWhere(text: string): Where | { readonly problem: string } {
  if (text.length > MAX_CHARACTERS)
    return { problem: `"${text.slice(0, 20)}…": longer than ${MAX_CHARACTERS} characters` };
  const tokens = tokensOf(text);
  if ("problem" in tokens) return tokens;
  const reader = new Reader(tokens);
  const where = reader.alternatives(0);
  if (where === undefined || !reader.isAtEnd)
    return { problem: `Cannot read "${text}": expected comparisons like memory>=16G, joined by && and ||` };
  return where;
}

function tokensOf(text: string): readonly Token[] | { readonly problem: string } {
  const tokens: Token[] = [];
  const trimmed = text.trim();
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < trimmed.length; ) {
    const at = TOKEN.lastIndex;
    const [, sign, name = "", operator = "", value = ""] = TOKEN.exec(trimmed) ?? [];
    if (sign === undefined && name === "")
      return { problem: `Cannot read "${text}" from "${trimmed.slice(at)}": expected a comparison like memory>=16G` };
    const bare = /^(["']).*\1$/.test(value) ? value.slice(1, -1) : value;
    tokens.push(sign ?? { name, operator: operator === "==" ? "=" : operator, value: bare });
  }
  return tokens;
}

/** Precedence, lowest first: `||`, `&&`, `!`. */
class Reader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#tokens.length;
  }

  alternatives(depth: number): Where | undefined {
    const all: Where[] = [];
    do {
      const one = this.#conjunction(depth);
      if (one === undefined) return undefined;
      all.push(one);
    } while (this.#took("||"));
    return (facts) => all.some((where) => where(facts));
  }

  #conjunction(depth: number): Where | undefined {
    const all: Where[] = [];
    do {
      const one = this.#term(depth);
      if (one === undefined) return undefined;
      all.push(one);
    } while (this.#took("&&"));
    return (facts) => all.every((where) => where(facts));
  }

  #term(depth: number): Where | undefined {
    if (depth > MAX_DEPTH) return undefined;
    if (this.#took("!")) {
      const inner = this.#term(depth + 1);
      return inner === undefined ? undefined : (facts) => !inner(facts);
    }
    if (this.#took("(")) {
      const inner = this.alternatives(depth + 1);
      return this.#took(")") ? inner : undefined;
    }
    const token = this.#tokens[this.#at];
    if (typeof token !== "object") return undefined;
    this.#at += 1;
    return comparisonOf(token);
  }

  #took(sign: string): boolean {
    if (this.#tokens[this.#at] !== sign) return false;
    this.#at += 1;
    return true;
  }
}

/**
 * The nodes that all expressions want. A name that is neither a fact nor a label of any node is a problem: it was mistyped.
 */
export function nodesWhere<T extends NodeFacts>(
  expressions: readonly string[],
  known: readonly T[],
): { readonly nodes: readonly T[] } | { readonly problem: string } {
  let nodes = known;
  for (const text of expressions) {
    const where = parseWhere(text);
    if ("problem" in where) return where;
    const tokens = tokensOf(text);
    const names = "problem" in tokens ? [] : tokens.flatMap((token) => (typeof token === "string" ? [] : token.name));
    const keys = new Set(known.flatMap(({ labels }) => labels.map((label) => label.split("=", 1)[0] ?? "")));
    const unknown = names.find((name) => !FACT_NAMES.includes(name) && !keys.has(name));
    if (unknown !== undefined)
      return { problem: `"${unknown}" is no label of any node, and none of the facts ${FACT_NAMES.join(", ")}` };
    nodes = nodes.filter(where);
  }
  return { nodes };
}

/** Undefined for values that have no order, as in `kernel>6`. */
function comparisonOf({ name, operator, value }: Comparison): Where | undefined {
  if (name === "node" && (operator === "=" || operator === "!=")) {
    const isNamed = isNamedBy(value);
    if (typeof isNamed !== "function") return undefined;
    return ({ node }) => isNamed(node) === (operator === "=");
  }
  return compareFact({ name, operator, value });
}
