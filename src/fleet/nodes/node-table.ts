import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import type { FleetNode } from "../../wire/fleet/node-view.ts";
import type { Presence } from "../../wire/fleet/presence.ts";
import type { KnownNode } from "./known-node.ts";
import { nodeView } from "./node-view.ts";

/** Two signs of life may be lost, and a busy node is late. */
const PRESENT_FOR_MS = 40_000;

interface Clocks {
  /** Steady. */
  readonly nowMs: () => number;
  readonly wallMs: () => number;
}

/** Nodes by name, from their presence. The broker's accounts bound their number. */
export class NodeTable {
  readonly #nodes = new Map<string, KnownNode>();
  /** The previous start of each node's agent. */
  readonly #earlier = new Map<string, string>();
  /** When an unsigned message came last, by node. */
  readonly #refusedMs = new Map<string, number>();
  readonly #clocks: Clocks;

  constructor(clocks: Clocks) {
    this.#clocks = clocks;
  }

  /** @returns whether everything must be resent: the node was away, or its agent has restarted. */
  take(node: string, presence: Presence): boolean {
    const [nowMs, wallMs] = [this.#clocks.nowMs(), this.#clocks.wallMs()];
    const known = this.#nodes.get(node);
    if (known === undefined && this.#nodes.size >= FLEET_LIMITS.maxNodes) return false;
    const hasStarted = known?.presence.start !== presence.start;
    // An earlier start that reappears means that two agents are alive.
    const isOtherAlive = known !== undefined && nowMs - known.seenMs <= PRESENT_FOR_MS;
    const isBack = hasStarted && isOtherAlive && this.#earlier.get(node) === presence.start;
    if (hasStarted && known !== undefined) this.#earlier.set(node, known.presence.start);
    this.#nodes.set(node, {
      presence,
      facts: presence.facts ?? known?.facts,
      seenMs: nowMs,
      seenWallMs: wallMs,
      clockMs: presence.at - wallMs,
      duplicateUntilMs: isBack ? nowMs + PRESENT_FOR_MS : (known?.duplicateUntilMs ?? 0),
    });
    return hasStarted || known === undefined || nowMs - known.seenMs > PRESENT_FOR_MS;
  }

  /** Journal of the agent heard from last; empty if none. */
  journalOf(node: string): string {
    return this.#nodes.get(node)?.presence.journal ?? "";
  }

  isPresent(node: string): boolean {
    const known = this.#nodes.get(node);
    return known !== undefined && this.#clocks.nowMs() - known.seenMs <= PRESENT_FOR_MS;
  }

  /** Whether two agents use this name: then nothing is sent to it. */
  isDuplicate(node: string): boolean {
    return this.#clocks.nowMs() < (this.#nodes.get(node)?.duplicateUntilMs ?? 0);
  }

  /**
   * Notes an unsigned message in this node's name. The caller names admitted nodes only, which bounds their number.
   *
   * @returns whether it is the first of late
   */
  refuse(node: string): boolean {
    const isFirst = !this.#isRefused(node);
    this.#refusedMs.set(node, this.#clocks.nowMs());
    return isFirst;
  }

  countPresent(): number {
    return [...this.#nodes.keys()].filter((node) => this.isPresent(node)).length;
  }

  view(node: string): FleetNode {
    return nodeView(node, this.#nodes.get(node), this.#stateOf(node));
  }

  #stateOf(node: string): FleetNode["state"] {
    if (this.isDuplicate(node)) return "duplicate";
    if (this.isPresent(node)) return "present";
    return this.#isRefused(node) ? "outdated" : "absent";
  }

  #isRefused(node: string): boolean {
    const refusedMs = this.#refusedMs.get(node);
    return refusedMs !== undefined && this.#clocks.nowMs() - refusedMs <= PRESENT_FOR_MS;
  }
}
