/** Equal lines of several nodes. */
export interface FoldedLine {
  /** As first printed. */
  readonly text: string;
  /** Nodes that printed it, in order of first appearance. */
  readonly nodes: ReadonlySet<string>;
  /** How often all nodes together printed it. */
  readonly count: number;
}

interface LineFoldOptions {
  /** Lines with equal keys are equal: the text itself, or its form from `normalise`. */
  readonly keyOf: (text: string) => string;
  /** Called with each finished line, the one seen longest ago first. */
  readonly emit: (line: FoldedLine) => void;
  /** Most distinct lines remembered at a time, and most characters in them and in their nodes' names. */
  readonly maxLines?: number;
  readonly maxCharacters?: number;
}

interface Entry {
  readonly text: string;
  readonly nodes: Set<string>;
  characters: number;
  count: number;
}

const MAX_LINES = 200_000;
const MAX_CHARACTERS = 64 * 1024 * 1024;
/** A name in a set takes about as much as this many characters, besides itself. */
const NODE_CHARACTERS = 16;

/**
 * Folds equal lines of many nodes, even with others between them.
 *
 * Memory is bounded: when too many distinct lines wait, the one printed longest ago is handed over, and its count
 * starts again if it returns. Counts always add up to the lines that went in.
 */
export class LineFold {
  readonly #options: Required<LineFoldOptions>;
  /** By key, the line printed longest ago first. */
  readonly #entries = new Map<string, Entry>();
  /** Iterates over all entries, past those removed. A new iterator would walk over their empty places each time. */
  readonly #oldest = this.#entries.keys();
  #characters = 0;

  constructor(options: LineFoldOptions) {
    this.#options = { maxLines: MAX_LINES, maxCharacters: MAX_CHARACTERS, ...options };
  }

  add(node: string, text: string): void {
    const key = this.#options.keyOf(text);
    const known = this.#entries.get(key);
    const entry = known ?? { text, nodes: new Set(), characters: key.length + text.length, count: 0 };
    if (known === undefined) this.#characters += entry.characters;
    else this.#entries.delete(key);
    if (!entry.nodes.has(node)) {
      entry.nodes.add(node);
      entry.characters += node.length + NODE_CHARACTERS;
      this.#characters += node.length + NODE_CHARACTERS;
    }
    entry.count += 1;
    this.#entries.set(key, entry);
    this.#shrink();
  }

  /** Hands over everything that is left. */
  end(): void {
    for (const key of this.#entries.keys()) this.#handOver(key);
  }

  #shrink(): void {
    const { maxLines, maxCharacters } = this.#options;
    while (this.#entries.size > maxLines || (this.#characters > maxCharacters && this.#entries.size > 1)) {
      const { value, done } = this.#oldest.next();
      if (done === true) return;
      this.#handOver(value);
    }
  }

  #handOver(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#characters -= entry.characters;
    this.#options.emit({ text: entry.text, nodes: entry.nodes, count: entry.count });
  }
}
