import { asRecord, parseJson } from "../../src/wire/record.ts";
import type { Result } from "./bench.ts";

/**
 * Regressions: figures that are worse than their budget by more than they vary.
 *
 * @param budget JSON: `{ "case / cell / metric": number }`, what was reached of that which the goal is about.
 */
export function checkBudget(results: readonly Result[], budget: string): string[] {
  const budgets = asRecord(parseJson(budget)) ?? {};
  const problems: string[] = [];
  for (const { case: name, cell, metric, goal, judged } of results) {
    const key = `${name} / ${cell} / ${metric}`;
    const allowed = budgets[key];
    if (typeof allowed !== "number" || goal === undefined) continue;
    // Even the best round was worse. A figure that could not be measured is no better than the budget either.
    const isKept = "atLeast" in goal ? judged.max >= allowed : judged.min <= allowed;
    if (!isKept) problems.push(`${key}: ${judged.median.toFixed(2)}, budget ${allowed}`);
  }
  return problems;
}
