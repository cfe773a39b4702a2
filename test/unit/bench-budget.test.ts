import { expect, test } from "vitest";
import type { Goal, Result } from "../bench/bench.ts";
import { budgetOf, checkBudget } from "../bench/budget.ts";

const FASTER: Goal = { atLeast: 2 };
const SMALLER: Goal = { atMost: 0.5 };

function result(goal: Goal | undefined, median: number, min = median, max = median): Result {
  const spread = { median, min, max };
  const names = { case: "ingest", cell: "1 execution", metric: "lines/s", unit: "lines/s" };
  return {
    ...names,
    judge: "ratio",
    ours: spread,
    beside: spread,
    compared: spread,
    judged: spread,
    goal,
    isMet: true,
  };
}

function budget(ratio: unknown): string {
  return JSON.stringify({ "ingest / 1 execution / lines/s": ratio });
}

test.each([
  { what: "a ratio above its budget", measured: result(FASTER, 4), allowed: 3, problems: 0 },
  { what: "a ratio that is its budget", measured: result(FASTER, 3), allowed: 3, problems: 0 },
  { what: "a ratio below it, but within its spread", measured: result(FASTER, 2.8, 2.5, 3.1), allowed: 3, problems: 0 },
  {
    what: "a ratio below it by more than its spread",
    measured: result(FASTER, 2.8, 2.5, 2.9),
    allowed: 3,
    problems: 1,
  },
  { what: "a cost below its budget", measured: result(SMALLER, 0.2), allowed: 0.3, problems: 0 },
  {
    what: "a cost above it, but within its spread",
    measured: result(SMALLER, 0.4, 0.25, 0.5),
    allowed: 0.3,
    problems: 0,
  },
  {
    what: "a cost above it by more than its spread",
    measured: result(SMALLER, 0.4, 0.35, 0.5),
    allowed: 0.3,
    problems: 1,
  },
  { what: "what could not be measured", measured: result(FASTER, Number.NaN), allowed: 3, problems: 1 },
  { what: "a figure without a goal", measured: result(undefined, 1), allowed: 3, problems: 0 },
])("$what: $problems problems", ({ measured, allowed, problems }) => {
  expect(checkBudget([measured], budget(allowed))).toHaveLength(problems);
});

test("a problem names the figure, its measured value and its limit", () => {
  expect(checkBudget([result(FASTER, 1.5)], budget(3))).toEqual(["ingest / 1 execution / lines/s: 1.50, budget 3"]);
});

test("figures without a budget pass, and everything passes an empty budget file", () => {
  expect(checkBudget([result(FASTER, 1)], "{}")).toEqual([]);
  expect(checkBudget([result(FASTER, 1)], budget("3"))).toEqual([]);
});

test("a saved budget holds what this run reached of each goal, and earlier runs' other figures", () => {
  const old = JSON.stringify({ "ingest / 1 execution / lines/s": 2, "start / mlrun -- true / time": 1.3 });
  const saved = budgetOf([result(FASTER, 4.3219), { ...result(undefined, 1), metric: "CPU" }], old);
  expect(JSON.parse(saved)).toEqual({ "ingest / 1 execution / lines/s": 4.32, "start / mlrun -- true / time": 1.3 });
});

test.each([
  { goal: FASTER, reached: 4.3279 },
  { goal: SMALLER, reached: 0.43219 },
  { goal: SMALLER, reached: 0 },
  { goal: SMALLER, reached: -1.2345 },
  { goal: FASTER, reached: 123_456 },
])("the same figure $reached as was saved is within the budget", ({ goal, reached }) => {
  expect(checkBudget([result(goal, reached)], budgetOf([result(goal, reached)], "{}"))).toEqual([]);
});
