import { describe, expect, test } from "vitest";
import type { LogRow } from "../../ui/src/log/feed/log-row.ts";
import { makeRow } from "../../ui/src/log/feed/make-row.ts";
import { foldTraces } from "../../ui/src/log/feed/trace-folds.ts";
import { foldGroups } from "../../ui/src/log/fold/group-folds.ts";

const rowsOf = (texts: readonly string[], { source = 0, stderr = false, from = 1 } = {}): LogRow[] =>
  texts.map((text, at) => {
    return makeRow({ n: from + at, time: "2026-11-20T04:17:44.960662Z", stderr, text, fragment: false }, source);
  });

/** What stands under each head, and the numbers of the rows that show while all groups are folded. */
function folded(rows: readonly LogRow[]): { groups: [string, number[]][]; shown: number[] } {
  const { items, folds } = foldGroups(
    rows,
    foldTraces(rows, () => false),
    () => false,
  );
  const groups = [...folds.values()].filter(({ of }) => of === "group");
  return {
    groups: groups.map(({ head, rows: under }) => [head.text, under.map(({ n }) => n)]),
    shown: items.map(({ n }) => n),
  };
}

describe("groups", () => {
  test.each<[string, string[], [string, number[]][], number[]]>([
    [
      "of GitHub Actions, to the line that ends them or the next head",
      ["a", "::group::one", "b", "::endgroup::", "c", "::group::two", "d", "::group::three", "--- e", "f"],
      [
        ["::group::one", [3, 4]],
        ["::group::two", [7]],
        ["::group::three", [9, 10]],
      ],
      [1, 2, 5, 6, 8],
    ],
    [
      "of Buildkite, to the next head",
      ["a", "--- one", "b", "+++ :docker: two", "c", "---", "--- ", "d", "--- empty"],
      [
        ["--- one", [3]],
        ["+++ :docker: two", [5, 6, 7, 8]],
      ],
      [1, 2, 4, 9],
    ],
    [
      "but no unified diff",
      ["--- a/x", "+++ b/x", "@@ -1,3 +1,2 @@", " keep", "--- an SQL comment", "-x", "++++ y", "--- group", "in it"],
      [["--- group", [9]]],
      [1, 2, 3, 4, 5, 6, 7, 8],
    ],
    [
      "also where one stands right above another and no hunk follows",
      ["--- one", "+++ two", "a"],
      [["+++ two", [3]]],
      [1, 2],
    ],
  ])("%s", (_, texts, groups, shown) => {
    expect(folded(rowsOf(texts))).toEqual({ groups, shown });
  });

  test("belong to one execution, and hold both of its streams", () => {
    const [head, ...under] = rowsOf(["--- one", "a"]);
    const error = rowsOf(["oh"], { stderr: true, from: 3 });
    const other = rowsOf(["another's"], { source: 1, from: 100 });
    const rows = [...(head === undefined ? [] : [head]), ...other, ...under, ...error];
    expect(folded(rows)).toEqual({ groups: [["--- one", [2, 3]]], shown: [1, 100] });
  });

  test("that are open hide nothing, and hold the stack traces in them", () => {
    const frames = [1, 2, 3, 4].map((at) => `    at f${at} (file.js:${at}:1)`);
    const rows = rowsOf(["--- one", "Error: x", ...frames, "b"]);
    const { items, folds } = foldGroups(
      rows,
      foldTraces(rows, () => false),
      () => true,
    );
    expect(items.map(({ n }) => n)).toEqual([1, 2, 7]);
    expect([...folds.values()].map(({ of, rows: under, isOpen }) => [of, under.length, isOpen])).toEqual([
      ["trace", 4, false],
      ["group", 6, true],
    ]);
  });

  test("leave a log without any as it is", () => {
    const rows = rowsOf(["a", "---", "-- b", "++", "::notice::c", "::endgroup::"]);
    expect(
      foldGroups(
        rows,
        foldTraces(rows, () => false),
        () => false,
      ).items,
    ).toBe(rows);
  });
});
