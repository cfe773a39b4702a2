import type { Metrics } from "../../host/metrics.ts";

/** As many as may be connected by default. Beyond it, forgets an absent node, or else the one that came first. */
const MAX_NODES = 4_096;

/** One session's handle. */
export interface Attendance {
  /** Records that this node has sent something. */
  heard(node: string): void;
  /** Records that the session has ended. */
  leave(): void;
}

interface NodePresence {
  /** Whether its relay is connected. */
  readonly isUp: boolean;
  /** How long ago its relay sent anything. */
  readonly heardBeforeMs: number;
}

interface KnownNode {
  heardAtMs: number;
  /** Open sessions on which the node was heard. */
  readonly sessions: Set<Attendance>;
}

/** Which nodes are connected, and when each was last heard: shown in `/metrics`, even for nodes that have left. */
export class RelayPresence {
  readonly #nodes = new Map<string, KnownNode>();
  readonly #nowMs: () => number;

  constructor(metrics: Metrics, nowMs: () => number) {
    this.#nowMs = nowMs;
    metrics.gauges("ml_relay_up", "1 while a node's relay is connected, 0 after it has disconnected", {
      label: "node",
      read: () => this.#figures(({ sessions }) => (sessions.size > 0 ? 1 : 0)),
    });
    metrics.gauges("ml_relay_last_seen_seconds", "Seconds since a node's relay sent anything", {
      label: "node",
      read: () => this.#figures(({ heardAtMs }) => Math.max(0, (this.#nowMs() - heardAtMs) / 1_000)),
    });
  }

  isUp(node: string): boolean {
    return (this.#nodes.get(node)?.sessions.size ?? 0) > 0;
  }

  /** Undefined: the node has not been heard since the collector's start. */
  of(node: string): NodePresence | undefined {
    const known = this.#nodes.get(node);
    if (known === undefined) return undefined;
    return { isUp: known.sessions.size > 0, heardBeforeMs: Math.max(0, this.#nowMs() - known.heardAtMs) };
  }

  /** Nodes that were heard since the start. */
  names(): Iterable<string> {
    return this.#nodes.keys();
  }

  /** Registers a new session. */
  join(): Attendance {
    const heard = new Set<KnownNode>();
    const attendance: Attendance = {
      heard: (node) => {
        const known = this.#nodes.get(node) ?? this.#add(node);
        known.heardAtMs = this.#nowMs();
        known.sessions.add(attendance);
        heard.add(known);
      },
      leave: () => {
        for (const { sessions } of heard) sessions.delete(attendance);
      },
    };
    return attendance;
  }

  #add(node: string): KnownNode {
    const known = { heardAtMs: 0, sessions: new Set<Attendance>() };
    if (this.#nodes.size >= MAX_NODES) this.#nodes.delete(this.#leastOfAll());
    this.#nodes.set(node, known);
    return known;
  }

  #leastOfAll(): string {
    for (const [node, { sessions }] of this.#nodes) if (sessions.size === 0) return node;
    const [first = ""] = this.#nodes.keys();
    return first;
  }

  #figures(of: (node: KnownNode) => number): ReadonlyMap<string, number> {
    return new Map(Array.from(this.#nodes, ([name, node]) => [name, of(node)]));
  }
}
