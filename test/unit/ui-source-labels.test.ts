import { expect, test } from "vitest";
import { sourceLabels } from "../../ui/src/log/view/source-labels.ts";

const on = (node: string, labels: Readonly<Record<string, string>> = {}) => ({ node, labels });
const textsOf = (executions: Parameters<typeof sourceLabels>[0], gutter?: string) =>
  sourceLabels(executions, gutter).map(({ text }) => text);

test.each([
  ["one of each node: the node", [on("a", { rank: "3" }), on("b", { rank: "4" })], ["a", "b"]],
  [
    "ranks of one node, in any order",
    [on("a", { rank: "5" }), on("b", { rank: "2" }), on("a", { rank: "4" })],
    ["a/5", "b", "a/4"],
  ],
  ["tasks of an array", [on("a", { task: "1" }), on("a", { task: "2" })], ["a/1", "a/2"]],
  ["no ranks", [on("a"), on("a"), on("b")], ["a", "a (2)", "b"]],
  ["a rank that was started again", [on("a", { rank: "1" }), on("a", { rank: "1" })], ["a", "a (2)"]],
])("lines of %s", (_, executions, labels) => {
  expect(textsOf(executions)).toEqual(labels);
});

test("a chosen label, with its invisible characters", () => {
  expect(textsOf([on("a", { role: "db" }), on("b"), on("c", { role: "x\u0007" })], "role")).toEqual(["db", "b", "x^G"]);
});
