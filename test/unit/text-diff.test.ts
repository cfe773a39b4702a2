import fc from "fast-check";
import { expect, test } from "vitest";
import { type Change, lineDiff } from "../../src/text/diff/line-diff.ts";

/** What is left of a side without its part of the changes. */
function without(lines: readonly string[], ranges: readonly (readonly [number, number])[]): string[] {
  return lines.filter((_, at) => !ranges.some(([from, to]) => at >= from && at < to));
}

function edits(changes: readonly Change[]): number {
  return changes.reduce((sum, { a, b }) => sum + a[1] - a[0] + b[1] - b[0], 0);
}

/** The longest common part by the textbook's table: the fewest edits there are. */
function fewest(a: readonly string[], b: readonly string[]): number {
  let row = new Array<number>(b.length + 1).fill(0);
  for (const line of a) {
    const next = [0];
    for (const [j, other] of b.entries())
      next.push(line === other ? (row[j] ?? 0) + 1 : Math.max(row[j + 1] ?? 0, next[j] ?? 0));
    row = next;
  }
  return a.length + b.length - 2 * (row[b.length] ?? 0);
}

const lines = (letters: string) => fc.array(fc.constantFrom(...letters), { maxLength: 14 });

test("without the changes both sides are equal; changes are in order and do not touch", () => {
  fc.assert(
    fc.property(lines("abcdefgh"), lines("abcdefgh"), (a, b) => {
      const changes = lineDiff(a, b);
      const rest = without(
        a,
        changes.map((change) => change.a),
      );
      expect(rest).toEqual(
        without(
          b,
          changes.map((change) => change.b),
        ),
      );
      for (const [i, { a: at, b: to }] of changes.entries()) {
        const before = changes[i - 1];
        expect(before === undefined || (at[0] > before.a[1] && to[0] > before.b[1])).toBe(true);
      }
    }),
  );
});

test("between lines that stand several times the fewest edits are found", () => {
  fc.assert(
    fc.property(lines("ab"), lines("ab"), (a, b) => {
      // No line is an anchor.
      const [left, right] = [
        [...a, ...a],
        [...b, ...b],
      ];
      expect(edits(lineDiff(left, right))).toBe(fewest(left, right));
    }),
  );
});

test.each([
  [[], [], []],
  [["a"], ["a"], []],
  [[], ["a"], [{ a: [0, 0], b: [0, 1] }]],
  [["a", "x", "b"], ["a", "y", "b"], [{ a: [1, 2], b: [1, 2] }]],
  [
    ["move", "one", "two"],
    ["one", "two", "move"],
    [
      { a: [0, 1], b: [0, 0] },
      { a: [3, 3], b: [2, 3] },
    ],
  ],
])("%j and %j", (a, b, changes) => {
  expect(lineDiff(a, b)).toEqual(changes);
});

test("twenty thousand different lines on each side are one change", () => {
  const many = (name: string) => Array.from({ length: 20_000 }, (_, i) => `${name} ${i % 10_000}`);
  expect(lineDiff(many("a"), many("b"))).toEqual([{ a: [0, 20_000], b: [0, 20_000] }]);
});
