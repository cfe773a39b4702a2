import { compareNatural } from "../../../src/text/nodes/natural-order.ts";
import type { FleetNode, FleetUpdate } from "../../../src/wire/fleet/node-view.ts";
import type { NodeSummary } from "../../../src/wire/node-summary.ts";

/** A node as reported by its relay and its agent. */
export interface KnownNode {
  readonly node: string;
  /** Undefined if its relay has not been heard of, and the user has run nothing there. */
  readonly summary: NodeSummary | undefined;
  /** Undefined if it is not in the fleet, or there is none. */
  readonly fleet: FleetNode | undefined;
}

/**
 * All nodes, joined from both sources. A row subscribes to its own node: a thousand nodes that report each second must not
 * redraw a thousand invisible rows.
 */
export class NodeStore {
  /** In natural order. */
  names: readonly string[] = [];
  readonly #nodes = new Map<string, KnownNode>();
  readonly #listeners = new Map<string, () => void>();
  readonly #onNames: () => void;

  /** @param onNames Called when nodes have come or gone. */
  constructor(onNames: () => void) {
    this.#onNames = onNames;
  }

  get(node: string): KnownNode | undefined {
    return this.#nodes.get(node);
  }

  all(): Iterable<KnownNode> {
    return this.#nodes.values();
  }

  /** Calls back whenever the node has changed, until the result is called. */
  listen(node: string, onChange: () => void): () => void {
    this.#listeners.set(node, onChange);
    return () => {
      if (this.#listeners.get(node) === onChange) this.#listeners.delete(node);
    };
  }

  takeSummaries(summaries: readonly NodeSummary[]): void {
    const listed = new Map(summaries.map((each) => [each.node, each]));
    const others = [...this.#nodes.values()].filter(({ node, summary }) => summary !== undefined && !listed.has(node));
    for (const { node } of others) this.#set(node, { summary: undefined });
    for (const [node, summary] of listed) this.#set(node, { summary });
    this.#join();
  }

  takeFleet({ isWhole, nodes }: FleetUpdate): void {
    if (isWhole) {
      const listed = new Set(nodes.map(({ node }) => node));
      const gone = [...this.#nodes.values()].filter(({ node, fleet }) => fleet !== undefined && !listed.has(node));
      for (const { node } of gone) this.#set(node, { fleet: undefined });
    }
    for (const fleet of nodes) this.#set(fleet.node, { fleet });
    this.#join();
  }

  #set(node: string, change: Partial<KnownNode>): void {
    this.#nodes.set(node, { summary: undefined, fleet: undefined, ...this.#nodes.get(node), ...change, node });
    this.#listeners.get(node)?.();
  }

  /** Joins both sources. Drops nodes that neither has any more. */
  #join(): void {
    for (const { node, summary, fleet } of [...this.#nodes.values()]) {
      if (summary === undefined && fleet === undefined) this.#nodes.delete(node);
    }
    const isSame = this.names.length === this.#nodes.size && this.names.every((name) => this.#nodes.has(name));
    if (isSame) return;
    this.names = [...this.#nodes.keys()].sort(compareNatural);
    this.#onNames();
  }
}
