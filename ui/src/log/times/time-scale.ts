import type { RunTimes } from "../../../../src/wire/run-times.ts";

/** The whole time of a run, for its scroll bar. */
export interface TimeScale {
  /** In ms since 1970. */
  readonly fromMs: number;
  readonly totalMs: number;
  /** An outline of how much was printed when, in a square of 100: time runs down, the width is the number of lines. */
  readonly outline: string;
  /** Where executions failed: 0 to 1. */
  readonly failures: readonly number[];
}

/** Most marks: more would cover each other. */
const MARKS = 300;

export function timeScale(times: RunTimes): TimeScale {
  const { fromMs, sizeMs, counts, failures } = times;
  const totalMs = sizeMs * counts.length;
  const places = failures.map(({ at }) => (Date.parse(at) - fromMs) / totalMs);
  return { fromMs, totalMs, outline: outlineDown(counts), failures: apart(places) };
}

/** Extents out of 100, by square root, so that a burst does not hide everything else. */
function partsOf(counts: readonly number[]): readonly number[] {
  const most = Math.max(1, ...counts);
  return counts.map((count) => (count === 0 ? 0 : Math.max(2, 100 * Math.sqrt(count / most))));
}

/** An outline from left to right, rising from the bottom of a square of 100. */
export function outlineAcross(counts: readonly number[]): string {
  const width = 100 / counts.length;
  const steps = partsOf(counts).map((part) => `V${(100 - part).toFixed(1)}h${width.toFixed(4)}`);
  return `M0 100${steps.join("")}V100Z`;
}

function outlineDown(counts: readonly number[]): string {
  const height = 100 / counts.length;
  const steps = partsOf(counts).map((part) => `H${part.toFixed(1)}v${height.toFixed(4)}`);
  return `M0 0${steps.join("")}H0Z`;
}

function apart(places: readonly number[]): readonly number[] {
  const rounded = places.map((place) => Math.round(Math.max(0, Math.min(1, place)) * MARKS) / MARKS);
  return [...new Set(rounded)];
}
