import { shiftTime } from "../../text/time/shift-time.ts";
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
    const at = state === "lost" ? overAt : shiftTime(overAt, clockMs);
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
