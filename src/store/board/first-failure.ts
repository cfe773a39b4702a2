import type { FirstFailure } from "../../wire/board.ts";
import type { RunCell } from "./run-cell.ts";

/**
 * The execution that failed, or was lost, before all others: what follows it is often its consequence. Nodes' clocks
 * differ, so the known differences are taken out; a lost one was last heard of by the collector's clock.
 */
export function firstFailure(cells: Iterable<RunCell>): FirstFailure | null {
  let first: FirstFailure | undefined;
  for (const { x, node, rank, state, code, signal, overAt, clockMs } of cells) {
    if ((state !== "failed" && state !== "lost") || overAt === undefined) continue;
    const at = state === "lost" ? overAt : later(overAt, clockMs);
    if (first !== undefined && first.at <= at) continue;
    first = {
      ...{ x, node, state, at },
      ...(rank === undefined ? {} : { rank }),
      ...(code === undefined ? {} : { code }),
      ...(signal === undefined ? {} : { signal }),
    };
  }
  return first ?? null;
}

/** The microseconds below a millisecond stay as they are. */
function later(time: string, ms: number): string {
  const atMs = ms === 0 ? Number.NaN : Date.parse(`${time.slice(0, 23)}Z`);
  return Number.isNaN(atMs) ? time : new Date(atMs + ms).toISOString().slice(0, 23) + time.slice(23);
}
