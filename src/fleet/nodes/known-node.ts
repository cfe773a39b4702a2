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
