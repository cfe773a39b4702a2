import type { RelayStatus } from "../../frame/relay-status.ts";
import type { Metrics } from "../../host/metrics.ts";
import { LatestByNode } from "./latest-by-node.ts";
import type { RelayPresence } from "./relay-presence.ts";

/** Relays' reports on their queues, for `/metrics`: nothing else shows what a relay discarded. */
export class RelayFigures {
  readonly #latest: LatestByNode<RelayStatus>;

  /** @param options.presence A queue is shown only while its relay is connected. */
  constructor(options: {
    readonly metrics: Metrics;
    readonly presence: RelayPresence;
    readonly nowMs: () => number;
  }) {
    const { metrics, presence, nowMs } = options;
    const latest = new LatestByNode<RelayStatus>(nowMs);
    this.#latest = latest;
    const isUp = (node: string) => presence.isUp(node);
    metrics.gauges("ml_relay_queue_frames", "Frames waiting in a relay's queue", {
      label: "node",
      read: () => latest.sums(isUp, ({ frames }) => frames),
    });
    metrics.gauges(
      "ml_relay_discarded_frames",
      "Frames that a relay has discarded since its start because its queue was full",
      {
        label: "node",
        read: () => latest.sums(isUp, ({ discarded }) => discarded),
      },
    );
  }

  /** @param time TIMEREPORTED as in the frame. */
  update(node: string, time: string, status: RelayStatus): void {
    this.#latest.update(node, { part: status.part, time, status });
  }
}
