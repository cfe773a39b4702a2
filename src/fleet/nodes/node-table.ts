import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import type { Facts, Presence } from "../../wire/fleet/presence.ts";

/** What the collector knows of a node that it has heard of since it started. */
export interface KnownNode {
  readonly presence: Presence;
  /** Of its last message that had them. */
  readonly facts: Facts | undefined;
  /** By the collector's clocks. */
  readonly seenMs: number;
  readonly seenWallMs: number;
  /** By how much its clock is ahead of the collector's, with the way of the message in it. */
  readonly clockMs: number;
  /** Until then two agents of this name are taken to be alive. */
  readonly duplicateUntilMs: number;
}

/** Two signs of life may be lost, and a busy node is late. */
export const PRESENT_FOR_MS = 40_000;

/** Nodes by name, from their presence. The broker's accounts bound their number. */
export class NodeTable {
  readonly #nodes = new Map<string, KnownNode>();
  /** The agent's start before the present one. */
  readonly #earlier = new Map<string, string>();

  /** @returns whether everything must be sent again: it was away, or its agent has started anew. */
  take(node: string, presence: Presence, { nowMs, wallMs }: { nowMs: number; wallMs: number }): boolean {
    const known = this.#nodes.get(node);
    if (known === undefined && this.#nodes.size >= FLEET_LIMITS.maxNodes) return false;
    const hasStarted = known?.presence.start !== presence.start;
    // A start that was followed by another one has ended, unless both live.
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

  get(node: string): KnownNode | undefined {
    return this.#nodes.get(node);
  }

  isPresent(node: string, nowMs: number): boolean {
    const known = this.#nodes.get(node);
    return known !== undefined && nowMs - known.seenMs <= PRESENT_FOR_MS;
  }

  /** Whether two agents answer to this name: then nothing is sent to it. */
  isDuplicate(node: string, nowMs: number): boolean {
    return nowMs < (this.#nodes.get(node)?.duplicateUntilMs ?? 0);
  }

  countPresent(nowMs: number): number {
    let count = 0;
    for (const { seenMs } of this.#nodes.values()) if (nowMs - seenMs <= PRESENT_FOR_MS) count += 1;
    return count;
  }
}
