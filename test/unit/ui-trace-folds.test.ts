import { describe, expect, test } from "vitest";
import { makeRow } from "../../ui/src/log/feed/make-row.ts";
import { foldTraces } from "../../ui/src/log/feed/trace-folds.ts";

const rowsOf = (texts: readonly string[], stderr = false, from = 1) =>
  texts.map((text, at) => {
    return makeRow({ n: from + at, time: "2026-11-20T04:17:44.960662Z", stderr, text, fragment: false }, 0);
  });

const PYTHON = [
  "Traceback (most recent call last):",
  '  File "train.py", line 41, in <module>',
  "    main()",
  '  File "train.py", line 12, in main',
  "    raise ValueError(x)",
  "ValueError: 3",
];
const JAVA = [
  "Exception in thread main java.lang.RuntimeException: x",
  "\tat a.B.c(B.java:1)",
  "\tat a.B.d(B.java:2)",
  "Caused by: java.io.IOException: y",
  "\tat a.B.e(B.java:3)",
  "\t... 2 more",
];
const NODE = [
  "Error: x",
  "    at f (file:///a.js:1:2)",
  "    at g (a.js:3:4)",
  "    at h (b.js:1:1)",
  "    at node:internal/x:1:1",
];

describe("a stack trace", () => {
  test.each([
    ["of Python", PYTHON, [PYTHON[0], "ValueError: 3"], 4],
    ["of Java, with its causes", JAVA, [JAVA[0]], 5],
    ["of JavaScript", NODE, [NODE[0]], 4],
  ])("%s folds under its head", (_, texts, shown, count) => {
    const rows = rowsOf(["before", ...texts, "after"]);
    const { items, folds } = foldTraces(rows, () => false);
    expect(items.map((item) => (item.kind === "lines" ? item.text : ""))).toEqual(["before", ...shown, "after"]);
    expect([...folds.values()].map((fold) => fold.rows.length)).toEqual([count]);
  });

  test("that was opened shows whole", () => {
    const rows = rowsOf(PYTHON);
    const { items, folds } = foldTraces(rows, ({ head }) => head === rows[0]);
    expect([
      items.length,
      folds.get(rows[0] ?? makeRow({ n: 1, time: "", stderr: false, text: "", fragment: false }, 0))?.isOpen,
    ]).toEqual([6, true]);
  });

  test("is found among lines of the other stream", () => {
    const rows = rowsOf(NODE, true).flatMap((row, at) => [row, ...rowsOf([`out ${at}`], false, 100 + at)]);
    expect(foldTraces(rows, () => false).items).toHaveLength(6);
  });

  test.each([
    ["indented text", ["Usage:", "  a", "  b", "  c", "  d", "  e"]],
    ["few lines", NODE.slice(0, 4)],
    ["a tree", ["{", '  "a": {', '    "b": 1', "  }", "}"]],
  ])("is not %s", (_, texts) => {
    const rows = rowsOf(texts);
    expect(foldTraces(rows, () => false).items).toBe(rows);
  });
});
