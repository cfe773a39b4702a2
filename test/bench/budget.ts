import { asRecord, parseJson } from "../../src/wire/record.ts";
import type { Result } from "./bench.ts";

/**
 * Regressions: figures that are worse than their budget by more than they vary.
 *
 * @param budget JSON: `{ "case / cell / metric": number }`, the ratio (or value) that was reached.
 */
export function checkBudget(results: readonly Result[], budget: string): string[] {
  const budgets = asRecord(parseJson(budget)) ?? {};
  const problems: string[] = [];
  for (const result of results) {
    const key = `${result.case} / ${result.cell} / ${result.metric}`;
    const allowed = budgets[key];
    if (typeof allowed !== "number" || result.goal === undefined) continue;
    const measured = result.ratio ?? result.ours;
    const isWorse = "atLeast" in result.goal ? measured.max < allowed : measured.min > allowed;
    if (isWorse) problems.push(`${key}: ${measured.median.toFixed(2)}, budget ${allowed}`);
  }
  return problems;
}
