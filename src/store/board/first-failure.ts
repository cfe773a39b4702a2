import { shiftTime } from "../../text/time/shift-time.ts";
import type { FirstFailure } from "../../wire/board.ts";
import type { RunCell } from "./run-cell.ts";

/**
 * The execution that failed, or was lost, first: later failures are often its consequences. Corrects known differences
 * of nodes' clocks; a lost execution's time is by the collector's clock.
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
