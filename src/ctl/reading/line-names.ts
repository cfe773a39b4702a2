import { safeText } from "../../host/safe-text.ts";
import type { Execution } from "../../wire/api.ts";
import { rankOf } from "../../wire/rank-of.ts";
import { keyOf } from "../remote/executions.ts";
import type { Output } from "../remote/output.ts";

/** Colours of nodes: those of the terminal's palette that are not the red of failures. */
const LOOKS = ["36", "33", "35", "32", "34", "96", "93", "95", "92", "94"] as const;
const WIDEST = 24;

/** What stands before the lines of several executions: the node, and more of it where that is not enough. */
export class LineNames {
  readonly #output: Output;
  readonly #executions = new Map<string, Execution>();
  readonly #looks = new Map<string, string>();
  #width = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  /** Known before the first line, they are aligned, and coloured in their natural order. */
  know(executions: readonly Execution[]): void {
    for (const execution of executions) this.#executions.set(keyOf(execution), execution);
    for (const execution of executions) {
      this.#lookOf(execution.node);
      this.#width = Math.min(WIDEST, Math.max(this.#width, this.nameOf(execution).length));
    }
  }

  /** The same of nodes whose executions are not known yet. */
  expect(nodes: readonly string[]): void {
    for (const node of nodes) {
      this.#lookOf(node);
      this.#width = Math.min(WIDEST, Math.max(this.#width, safeText(node).length));
    }
  }

  prefixOf(execution: Execution): string {
    if (!this.#executions.has(keyOf(execution))) this.know([execution]);
    const name = this.nameOf(execution);
    if (!this.#output.isTerminal) return `${name}: `;
    return `${this.#output.painted(name.padEnd(this.#width), this.#lookOf(execution.node))} ${this.#output.painted("|", "2")} `;
  }

  /** The node, and more of it where it has several of these executions: its rank, its job, or the end of its id. */
  nameOf(execution: Execution): string {
    const { x, node, job } = execution;
    const others = [...this.#executions.values()].filter((each) => each.node === node && each.x !== x);
    if (others.length === 0) return safeText(node);
    const rank = rankOf(execution);
    const isRank = rank !== undefined && others.every((each) => rankOf(each) !== rank);
    const isJob = others.every((each) => each.job !== job);
    return safeText(isRank ? `${node}/${rank}` : isJob ? `${node}/${job}` : `${node}/${x.slice(-4)}`);
  }

  #lookOf(node: string): string {
    const look = this.#looks.get(node) ?? LOOKS[this.#looks.size % LOOKS.length] ?? LOOKS[0];
    this.#looks.set(node, look);
    return look;
  }
}
