import type { RunCell } from "./run-cell.ts";

/** Silent: this many times quieter than the others, for at least this long. Pauses of seconds mean nothing. */
const TIMES_QUIETER = 10;
const LEAST_QUIET_MS = 10_000;

interface Silence {
  readonly cell: RunCell;
  readonly quietMs: number;
}

interface Silences {
  /** The quietest first. */
  readonly silent: readonly Silence[];
  /** The median that all are compared with; undefined if there is nothing to compare. */
  readonly usualMs: number | undefined;
}

/**
 * The running executions that are quieter than ten times the median of the others.
 *
 * A running execution counts with its current silence, so that a run whose ranks all compute between two bursts of
 * lines has no silent one. One that ended well counts with the mean time between its lines, so that the last one
 * running is compared with them.
 */
export function silentOnes(cells: readonly RunCell[], nowMs: number): Silences {
  const running: Silence[] = [];
  const usual: number[] = [];
  for (const cell of cells) {
    if (cell.state === "running" && cell.printedAtMs !== undefined) {
      const quietMs = Math.max(0, nowMs - cell.printedAtMs);
      running.push({ cell, quietMs });
      usual.push(quietMs);
    } else if (cell.state === "finished") {
      const betweenMs = betweenLines(cell);
      if (betweenMs !== undefined) usual.push(betweenMs);
    }
  }
  usual.sort((a, b) => a - b);
  const silent = running.filter(({ quietMs }) => {
    const othersMs = medianOfOthers(usual, quietMs);
    return othersMs !== undefined && quietMs > Math.max(LEAST_QUIET_MS, TIMES_QUIETER * othersMs);
  });
  silent.sort((a, b) => b.quietMs - a.quietMs);
  return { silent, usualMs: usual[Math.floor((usual.length - 1) / 2)] };
}

function betweenLines({ startedAt, overAt, lastN }: RunCell): number | undefined {
  if (overAt === undefined || lastN === 0) return undefined;
  const tookMs = Date.parse(overAt) - Date.parse(startedAt);
  return Number.isFinite(tookMs) ? Math.max(0, tookMs) / lastN : undefined;
}

/** @param sorted Holds `own`, which may be any of several equal ones. */
function medianOfOthers(sorted: readonly number[], own: number): number | undefined {
  const middle = Math.floor((sorted.length - 2) / 2);
  const [lower, upper] = [sorted[middle], sorted[middle + 1]];
  return lower !== undefined && own <= lower ? upper : lower;
}
