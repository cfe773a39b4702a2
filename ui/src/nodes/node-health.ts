import { nodes } from "../texts/en/nodes.ts";
import type { KnownNode } from "./node-store.ts";

/** A clock further off puts lines of several nodes in the wrong order. */
const MOST_CLOCK_MS = 1_000;
/** A relay's report takes milliseconds; lines behind it wait as long. */
const MOST_DELAY_MS = 5_000;

/** How far a node's clock is ahead of the collector's, as its relay's reports show it, or its agent's. */
export function clockAheadMs({ summary, fleet }: KnownNode): number | undefined {
  return summary?.behindMs === undefined ? (fleet?.clockMs ?? undefined) : -summary.behindMs;
}

/** Problems that need attention, worst first. */
export function problemsOf(known: KnownNode): readonly string[] {
  const { summary, fleet } = known;
  const clockMs = clockAheadMs(known) ?? 0;
  const t = nodes.problems;
  return [
    ...(summary?.isUp === false ? [t.down] : []),
    ...(fleet?.state === "duplicate" ? [t.duplicate] : []),
    ...(fleet?.state === "outdated" ? [t.outdated] : []),
    ...(fleet?.state === "absent" && fleet.seenMs !== null ? [t.gone] : []),
    ...((summary?.lost ?? 0) > 0 ? [t.lost] : []),
    ...((summary?.refused ?? 0) > 0 ? [t.refused] : []),
    ...((summary?.delayMs ?? 0) > MOST_DELAY_MS ? [t.late] : []),
    ...(Math.abs(clockMs) > MOST_CLOCK_MS ? [t.clock] : []),
  ];
}
