import type { Log } from "../host/log.ts";
import type { Metrics } from "../host/metrics.ts";
import type { FleetView } from "../wire/fleet/node-view.ts";
import { parsePresence } from "../wire/fleet/presence.ts";
import type { Broker } from "./broker/broker.ts";
import type { Link } from "./link/link.ts";
import { NodeTable } from "./nodes/node-table.ts";
import { NodeWatch } from "./nodes/node-watch.ts";
import type { Nodes } from "./outbox/ports.ts";

interface FleetNodesOptions {
  /** The fleet's id. */
  readonly id: string;
  readonly broker: Broker;
  /** Undefined until the broker has started. */
  readonly link: () => Link | undefined;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
}

/** The nodes that the broker admits and their reported state: the outbox reaches them, the API shows them. */
export class FleetNodes implements Nodes {
  readonly #options: FleetNodesOptions;
  readonly #table: NodeTable;
  readonly #watch: NodeWatch;

  constructor(options: FleetNodesOptions) {
    const { nowMs, wallMs, metrics, link } = options;
    this.#options = options;
    this.#table = new NodeTable({ nowMs, wallMs });
    this.#watch = new NodeWatch({ view: () => this.view(), ask: () => link()?.watch() });
    metrics.gauge("ml_fleet_nodes_present", "Nodes whose agent was heard of within 40 s", () =>
      this.#table.countPresent(),
    );
  }

  send(node: string, message: Uint8Array): void {
    this.#options.link()?.send(node, message);
  }

  isPresent(node: string): boolean {
    return this.#table.isPresent(node);
  }

  isDuplicate(node: string): boolean {
    return this.#table.isDuplicate(node);
  }

  connectionsOf(node: string): Promise<number> {
    return this.#options.broker.connectionsOf(node);
  }

  journalOf(node: string): string {
    return this.#table.journalOf(node);
  }

  isAdmitted(node: string): boolean {
    return this.#options.broker.nodes.names.has(node);
  }

  /** Nodes with a valid certificate, whether they were ever heard of or not. */
  view(): FleetView {
    const nodes = [...this.#options.broker.nodes.names].sort().map((node) => this.#table.view(node));
    return { id: this.#options.id, nodes };
  }

  /** Yields the whole view, then changes once a second. While anybody follows, nodes report each second. */
  follow(signal: AbortSignal): AsyncIterable<string> {
    return this.#watch.follow(signal);
  }

  /** Takes a node's presence message. @returns whether everything must be resent to the node */
  take(node: string, text: string): boolean {
    const presence = parsePresence(text);
    return presence !== undefined && this.#table.take(node, presence);
  }

  /** An unsigned message came in this node's name. */
  refuse(node: string): void {
    if (!this.#table.refuse(node)) return;
    const next = "if its agent is of an older version, update it";
    this.#options.log.event("warning", "unsigned reports in a node's name are refused", { node, next });
  }

  /** Called each second. */
  tick(): void {
    this.#watch.tick();
  }

  close(): void {
    this.#watch.close();
  }
}
