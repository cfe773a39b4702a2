import type { Metrics } from "../../host/metrics.ts";
import { LatestByNode } from "./latest-by-node.ts";
import type { RelayPresence } from "./relay-presence.ts";

/** One figure of a report, shown in `/metrics` by node. */
export interface Figure<S> {
  readonly name: string;
  readonly help: string;
  readonly of: (status: S) => number;
}

/** The latest reports of nodes on one kind of thing, for `/metrics`; shown only while the node's relay is connected. */
export class NodeFigures<S> {
  readonly #latest: LatestByNode<S>;

  constructor(options: {
    readonly figures: readonly Figure<S>[];
    readonly metrics: Metrics;
    readonly presence: RelayPresence;
    readonly nowMs: () => number;
  }) {
    const { figures, metrics, presence, nowMs } = options;
    const latest = new LatestByNode<S>(nowMs);
    this.#latest = latest;
    const isUp = (node: string) => presence.isUp(node);
    for (const { name, help, of } of figures) {
      metrics.gauges(name, help, { label: "node", read: () => latest.sums(isUp, of) });
    }
  }

  /** One figure of the node's latest report; undefined without one. */
  of(node: string, figure: (status: S) => number): number | undefined {
    return this.#latest.sumOf(node, figure);
  }

  /** @param said.time TIMEREPORTED as in the frame. */
  update(node: string, said: { readonly part: string; readonly time: string; readonly status: S }): void {
    this.#latest.update(node, said);
  }
}
