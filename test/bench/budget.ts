import { asRecord, parseJson } from "../../src/wire/record.ts";
import type { Result } from "./bench.ts";

const keyOf = ({ case: name, cell, metric }: Result): string => `${name} / ${cell} / ${metric}`;

/**
 * Regressions: figures that are worse than their budget by more than they vary.
 *
 * @param budget JSON: `{ "case / cell / metric": number }`, the figures reached for each goal.
 */
export function checkBudget(results: readonly Result[], budget: string): string[] {
  const budgets = asRecord(parseJson(budget)) ?? {};
  const problems: string[] = [];
  for (const result of results) {
    const { goal, judged } = result;
    const key = keyOf(result);
    const allowed = budgets[key];
    if (typeof allowed !== "number" || goal === undefined) continue;
    // Even the best round was worse. A figure that could not be measured is no better than the budget either.
    const isKept = "atLeast" in goal ? judged.max >= allowed : judged.min <= allowed;
    if (!isKept) problems.push(`${key}: ${judged.median.toFixed(2)}, budget ${allowed}`);
  }
  return problems;
}

/** A budget of these results; other figures keep theirs. */
export function budgetOf(results: readonly Result[], budget: string): string {
  const reached = results.filter(({ goal }) => goal !== undefined).map((result) => [keyOf(result), rounded(result)]);
  return `${JSON.stringify({ ...asRecord(parseJson(budget)), ...Object.fromEntries(reached) }, null, 2)}\n`;
}

/** To three digits, never rounded to the better: steady figures would miss it. */
function rounded({ judged, goal }: Result): number {
  const value = judged.median;
  if (value === 0 || goal === undefined) return value;
  const step = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 2);
  const steps = "atLeast" in goal ? Math.floor(value / step) : Math.ceil(value / step);
  return Number((steps * step).toPrecision(3));
}
