import type { Facts, Presence } from "../../wire/fleet/presence.ts";

/** A node that the collector has heard from since its start. */
export interface KnownNode {
  readonly presence: Presence;
  /** From its last message that carried facts. */
  readonly facts: Facts | undefined;
  /** By the collector's clocks. */
  readonly seenMs: number;
  readonly seenWallMs: number;
  /** How far its clock is ahead of the collector's, less the message's travel time. */
  readonly clockMs: number;
  /** Until then two agents with this name are assumed alive. */
  readonly duplicateUntilMs: number;
}
