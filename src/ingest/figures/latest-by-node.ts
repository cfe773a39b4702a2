/** As many relays as the listener admits by default; beyond that, forgets the one silent longest. */
const MAX_NODES = 4_096;
/** A relay reports every ten seconds; after this long its figures are out of date. */
const SHOWN_FOR_MS = 600_000;

interface NodeStatuses<S> {
  heardAtMs: number;
  /** The newest report of each part, with its TIMEREPORTED: the queue's disk delivers old reports after newer ones. */
  readonly parts: Map<string, { readonly time: string; readonly status: S }>;
}

/** Each node's last report on itself, in parts; old reports are hidden. */
export class LatestByNode<S> {
  readonly #nodes = new Map<string, NodeStatuses<S>>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** @param said.time TIMEREPORTED as in the frame; such texts sort by time. */
  update(node: string, said: { readonly part: string; readonly time: string; readonly status: S }): void {
    const { part, time, status } = said;
    const known = this.#nodes.get(node);
    const newest = known?.parts.get(part);
    if (newest !== undefined && newest.time > time) return;
    const statuses = known ?? { heardAtMs: 0, parts: new Map() };
    statuses.heardAtMs = this.#nowMs();
    statuses.parts.set(part, { time, status });
    // Moves the node to the end of the map, as the most recent.
    this.#nodes.delete(node);
    this.#nodes.set(node, statuses);
    const [silentLongest] = this.#nodes.keys();
    if (this.#nodes.size > MAX_NODES && silentLongest !== undefined) this.#nodes.delete(silentLongest);
  }

  /** One figure of a node, summed over its parts. Undefined without a recent report. */
  sumOf(node: string, figure: (status: S) => number): number | undefined {
    const known = this.#nodes.get(node);
    if (known === undefined || known.heardAtMs < this.#nowMs() - SHOWN_FOR_MS) return undefined;
    return sumOf(known, figure);
  }

  /** One figure for each node shown, summed over its parts. */
  sums(isShown: (node: string) => boolean, figure: (status: S) => number): ReadonlyMap<string, number> {
    const sums = new Map<string, number>();
    const fromMs = this.#nowMs() - SHOWN_FOR_MS;
    for (const [node, statuses] of this.#nodes) {
      if (statuses.heardAtMs < fromMs || !isShown(node)) continue;
      sums.set(node, sumOf(statuses, figure));
    }
    return sums;
  }
}

function sumOf<S>({ parts }: NodeStatuses<S>, figure: (status: S) => number): number {
  return [...parts.values()].reduce((sum, { status }) => sum + figure(status), 0);
}
