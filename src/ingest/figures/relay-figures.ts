import type { RelayStatus } from "../../frame/relay-status.ts";
import type { Metrics } from "../../host/metrics.ts";
import type { RelayPresence } from "./relay-presence.ts";

/** As many relays as the listener lets in by default: beyond it, who has been silent longest is forgotten. */
const MAX_NODES = 4_096;
/** A relay speaks every ten seconds; after this long its figures are of the past. */
const SHOWN_FOR_MS = 600_000;

interface NodeFigures {
  heardAtMs: number;
  /** TIMEREPORTED of the newest frame of each part: old ones come from the queue's disk after newer ones. */
  readonly parts: Map<RelayStatus["part"], { readonly time: string; readonly status: RelayStatus }>;
}

/** What relays say of their queues, shown in `/metrics`: what a relay had to throw away is seen nowhere else. */
export class RelayFigures {
  readonly #nodes = new Map<string, NodeFigures>();
  readonly #presence: RelayPresence;
  readonly #nowMs: () => number;

  /** @param options.presence A queue is shown only while its relay is connected: what it said before is of the past. */
  constructor(options: {
    readonly metrics: Metrics;
    readonly presence: RelayPresence;
    readonly nowMs: () => number;
  }) {
    const { metrics, presence, nowMs } = options;
    this.#presence = presence;
    this.#nowMs = nowMs;
    metrics.gauges("ml_relay_queue_frames", "Frames that wait in a relay's queue", {
      label: "node",
      read: () => this.#sums(({ frames }) => frames),
    });
    metrics.gauges(
      "ml_relay_discarded_frames",
      "Frames that a relay has thrown away since its start: its queue was full",
      {
        label: "node",
        read: () => this.#sums(({ discarded }) => discarded),
      },
    );
  }

  /** @param time TIMEREPORTED as it stands in the frame; such texts sort by time. */
  update(node: string, time: string, status: RelayStatus): void {
    const known = this.#nodes.get(node);
    const newest = known?.parts.get(status.part);
    if (newest !== undefined && newest.time > time) return;
    const figures = known ?? { heardAtMs: 0, parts: new Map() };
    figures.heardAtMs = this.#nowMs();
    figures.parts.set(status.part, { time, status });
    // Last in the map's order is who spoke last.
    this.#nodes.delete(node);
    this.#nodes.set(node, figures);
    const [silentLongest] = this.#nodes.keys();
    if (this.#nodes.size > MAX_NODES && silentLongest !== undefined) this.#nodes.delete(silentLongest);
  }

  #sums(of: (status: RelayStatus) => number): ReadonlyMap<string, number> {
    const sums = new Map<string, number>();
    const fromMs = this.#nowMs() - SHOWN_FOR_MS;
    for (const [node, { heardAtMs, parts }] of this.#nodes) {
      if (heardAtMs < fromMs || !this.#presence.isUp(node)) continue;
      sums.set(
        node,
        [...parts.values()].reduce((sum, { status }) => sum + of(status), 0),
      );
    }
    return sums;
  }
}
