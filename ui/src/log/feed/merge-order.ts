import type { Coverage } from "./coverage.ts";
import type { LogSource } from "./log-source.ts";
import type { LogWindow } from "./log-window.ts";

interface Held {
  readonly source: LogSource;
  readonly coverage: Readonly<Coverage>;
}

/** Between these times all executions of a job are held, so that no row lacks its neighbours. */
interface MergedTimes {
  readonly fromTime?: string;
  readonly toTime?: string;
}

/** `isAttached`: new lines arrive by themselves, so nothing is held back at the end. */
export function mergedTimes(window: LogWindow, sources: readonly LogSource[], isAttached: boolean): MergedTimes {
  const first = lackingEarlier(window, sources).at(0)?.coverage.firstTime;
  const last = isAttached ? undefined : lackingLater(window, sources).at(0)?.coverage.lastTime;
  return { ...(first === undefined ? {} : { fromTime: first }), ...(last === undefined ? {} : { toTime: last }) };
}

/** Executions with lines before the covered ones; the one that holds the others back comes first. */
export function lackingEarlier(window: LogWindow, sources: readonly LogSource[]): readonly Held[] {
  const lacking = held(window, sources).filter(({ coverage }) => coverage.from > 1);
  return lacking.sort((a, b) => compareText(b.coverage.firstTime, a.coverage.firstTime));
}

/** Executions with lines after the covered ones; the one that holds the others back comes first. */
export function lackingLater(window: LogWindow, sources: readonly LogSource[]): readonly Held[] {
  const lacking = held(window, sources).filter(({ source, coverage }) => coverage.to < source.lastN);
  return lacking.sort((a, b) => compareText(a.coverage.lastTime, b.coverage.lastTime));
}

/**
 * From now on lines may be missed. Executions that are held completely printed nothing else before this moment, and
 * what they print later comes after it.
 */
export function noteSilence(window: LogWindow, sources: readonly LogSource[]): void {
  const now = window.rows.at(-1)?.time ?? "";
  for (const { source, coverage } of held(window, sources)) {
    if (coverage.to >= source.lastN) window.coverUntil(source.index, now);
  }
}

function held(window: LogWindow, sources: readonly LogSource[]): Held[] {
  return sources.map((source) => ({ source, coverage: window.coverage(source.index) }));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
