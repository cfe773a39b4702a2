/** A value of a JSON line, with its text as printed: numbers keep their digits, and duplicate keys are all kept. */
export interface JsonNode {
  /** As printed, without its quotes; undefined in a list and for the line itself. */
  readonly key: string | undefined;
  readonly text: string;
  /** From the key to the value's end, as printed: a line with this text has this value. */
  readonly source: string;
  /** Undefined for a value without children. */
  readonly children: readonly JsonNode[] | undefined;
}

interface Branch {
  readonly key: string | undefined;
  /** Where the key begins, and where the value begins. */
  readonly from: number;
  readonly valueFrom: number;
  readonly children: JsonNode[];
}

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:]|[^\s{}[\]:,"]+/g;

/** The tree of a text that `JSON.parse` accepts. Without recursion: a line may be nested as deep as it is long. */
export function jsonNode(text: string): JsonNode | undefined {
  const open: Branch[] = [];
  const roots: JsonNode[] = [];
  let key: { readonly text: string; readonly from: number } | undefined;
  let last: { readonly text: string; readonly from: number } | undefined;
  const add = (node: JsonNode): void => void (open.at(-1)?.children ?? roots).push(node);
  const addLast = (): void => {
    if (last === undefined) return;
    const from = key?.from ?? last.from;
    const source = text.slice(from, last.from + last.text.length);
    add({ key: key?.text, text: last.text, source, children: undefined });
    last = undefined;
    key = undefined;
  };
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token === ":") {
      // The text before a colon was a key.
      key = last === undefined ? undefined : { text: last.text.slice(1, -1), from: last.from };
      last = undefined;
      continue;
    }
    addLast();
    if (token === "{" || token === "[") {
      open.push({ key: key?.text, from: key?.from ?? index, valueFrom: index, children: [] });
      key = undefined;
    } else if (token === "}" || token === "]") {
      const branch = open.pop();
      if (branch === undefined) return undefined;
      const { key: name, from, valueFrom, children } = branch;
      const end = index + 1;
      add({ key: name, text: text.slice(valueFrom, end), source: text.slice(from, end), children });
    } else {
      last = { text: token, from: index };
    }
  }
  addLast();
  return roots[0];
}
