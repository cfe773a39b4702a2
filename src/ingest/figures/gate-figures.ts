import type { GateStatus } from "../../frame/gate-status.ts";
import type { Metrics } from "../../host/metrics.ts";
import { LatestByNode } from "./latest-by-node.ts";
import type { RelayPresence } from "./relay-presence.ts";

const FIGURES: readonly { readonly name: keyof GateStatus; readonly help: string }[] = [
  { name: "connections", help: "mlruns that are connected to a node's gate" },
  { name: "refused", help: "Connections that a gate has refused since its start: a user's or all places were taken" },
  { name: "ended", help: "Connections that a gate has ended since its start because their data may not pass" },
  { name: "waits", help: "How often a gate has let a user wait since its start: for its share or its turn" },
];

/** Reports from gates for `/metrics`: only they show which connections a node refuses. */
export class GateFigures {
  readonly #latest: LatestByNode<GateStatus>;

  /** @param options.presence A gate is shown only while its relay is connected. */
  constructor(options: {
    readonly metrics: Metrics;
    readonly presence: RelayPresence;
    readonly nowMs: () => number;
  }) {
    const { metrics, presence, nowMs } = options;
    const latest = new LatestByNode<GateStatus>(nowMs);
    this.#latest = latest;
    for (const { name, help } of FIGURES) {
      const read = () =>
        latest.sums(
          (node) => presence.isUp(node),
          (status) => status[name],
        );
      metrics.gauges(`ml_gate_${name}`, help, { label: "node", read });
    }
  }

  /** @param time TIMEREPORTED as in the frame. */
  update(node: string, time: string, status: GateStatus): void {
    this.#latest.update(node, { part: "gate", time, status });
  }
}
