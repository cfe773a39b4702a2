/** As many relays as the listener lets in by default: beyond it, who has been silent longest is forgotten. */
const MAX_NODES = 4_096;
/** A relay speaks every ten seconds; after this long its figures are of the past. */
const SHOWN_FOR_MS = 600_000;

interface NodeStatuses<S> {
  heardAtMs: number;
  /** The newest of each part, with its TIMEREPORTED: old ones come from the queue's disk after newer ones. */
  readonly parts: Map<string, { readonly time: string; readonly status: S }>;
}

/** The last that each node said of itself, in parts; what was said long ago is not shown. */
export class LatestByNode<S> {
  readonly #nodes = new Map<string, NodeStatuses<S>>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** @param said.time TIMEREPORTED as it stands in the frame; such texts sort by time. */
  update(node: string, said: { readonly part: string; readonly time: string; readonly status: S }): void {
    const { part, time, status } = said;
    const known = this.#nodes.get(node);
    const newest = known?.parts.get(part);
    if (newest !== undefined && newest.time > time) return;
    const statuses = known ?? { heardAtMs: 0, parts: new Map() };
    statuses.heardAtMs = this.#nowMs();
    statuses.parts.set(part, { time, status });
    // Last in the map's order is who spoke last.
    this.#nodes.delete(node);
    this.#nodes.set(node, statuses);
    const [silentLongest] = this.#nodes.keys();
    if (this.#nodes.size > MAX_NODES && silentLongest !== undefined) this.#nodes.delete(silentLongest);
  }

  /** One figure for each node that is shown, the sum over its parts. */
  sums(isShown: (node: string) => boolean, figure: (status: S) => number): ReadonlyMap<string, number> {
    const sums = new Map<string, number>();
    const fromMs = this.#nowMs() - SHOWN_FOR_MS;
    for (const [node, { heardAtMs, parts }] of this.#nodes) {
      if (heardAtMs < fromMs || !isShown(node)) continue;
      sums.set(
        node,
        [...parts.values()].reduce((sum, { status }) => sum + figure(status), 0),
      );
    }
    return sums;
  }
}
