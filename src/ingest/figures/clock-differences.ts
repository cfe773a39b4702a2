import type { RelayStatus } from "../../frame/relay-status.ts";
import type { Metrics } from "../../host/metrics.ts";

/** As many relays as the listener admits by default; beyond that, forgets the one silent longest. */
const MAX_NODES = 4_096;
/** A relay reports every ten seconds: these are the last two minutes. */
const MAX_SAMPLES = 12;
const WINDOW_MS = 120_000;
/** Fewer reports say nothing about the difference. */
const LEAST_SAMPLES = 3;
/** Reports that waited for the collector differ by ten seconds in their waits; two that agree did not wait. */
const AGREE_WITHIN_MS = 250;
/** A report behind more frames in the relay's memory has waited for them. */
const MAX_FRAMES_BEFORE = 1_000;
/** A smaller difference may be the travel time of a report. */
const LEAST_DIFFERENCE_MS = 50;

interface Sample {
  /** Steady. */
  readonly atMs: number;
  readonly differenceMs: number;
}

/**
 * How far each node's clock is from the collector's. A relay's report carries the time at which it was written; its
 * arrival is later by the clocks' difference and its travel time. Of the last reports the quickest counts, if another
 * agrees with it.
 */
export class ClockDifferences {
  readonly #samples = new Map<string, Sample[]>();
  readonly #nowMs: () => number;
  readonly #wallMs: () => number;

  /** @param options.nowMs Steady. @param options.wallMs The time of day. */
  constructor(options: { readonly metrics: Metrics; readonly nowMs: () => number; readonly wallMs: () => number }) {
    this.#nowMs = options.nowMs;
    this.#wallMs = options.wallMs;
    options.metrics.gauges(
      "ml_node_clock_behind_seconds",
      "How far a node's clock is behind the collector's, where its relay's reports show it; negative: ahead",
      {
        label: "node",
        read: () => this.#seconds(),
      },
    );
  }

  /** @param time TIMEREPORTED as in the frame. */
  update(node: string, time: string, { part, frames }: RelayStatus): void {
    const writtenMs = Date.parse(time);
    // The disk's part is written at the same moment: two reports must not agree because they waited together.
    if (part !== "memory" || frames > MAX_FRAMES_BEFORE || Number.isNaN(writtenMs)) return;
    const samples = this.#samples.get(node) ?? [];
    samples.push({ atMs: this.#nowMs(), differenceMs: this.#wallMs() - writtenMs });
    if (samples.length > MAX_SAMPLES) samples.shift();
    // Moves the node to the end of the map, as the most recent.
    this.#samples.delete(node);
    this.#samples.set(node, samples);
    const [silentLongest] = this.#samples.keys();
    if (this.#samples.size > MAX_NODES && silentLongest !== undefined) this.#samples.delete(silentLongest);
  }

  /** Milliseconds that a node's clock is behind; negative if ahead, 0 if they agree. Undefined: not known. */
  of(node: string): number | undefined {
    const fromMs = this.#nowMs() - WINDOW_MS;
    const recent = (this.#samples.get(node) ?? []).filter(({ atMs }) => atMs >= fromMs);
    const [least, next] = recent.map(({ differenceMs }) => differenceMs).sort((a, b) => a - b);
    if (least === undefined || next === undefined || recent.length < LEAST_SAMPLES) return undefined;
    if (next - least > AGREE_WITHIN_MS) return undefined;
    return Math.abs(least) < LEAST_DIFFERENCE_MS ? 0 : Math.round(least);
  }

  /** How long the node's last report travelled, milliseconds. Undefined: not known. */
  delayOf(node: string): number | undefined {
    const [behindMs, last] = [this.of(node), this.#samples.get(node)?.at(-1)];
    return behindMs === undefined || last === undefined ? undefined : Math.max(0, last.differenceMs - behindMs);
  }

  #seconds(): ReadonlyMap<string, number> {
    const known = new Map<string, number>();
    for (const node of this.#samples.keys()) {
      const ms = this.of(node);
      if (ms !== undefined) known.set(node, ms / 1_000);
    }
    return known;
  }
}
