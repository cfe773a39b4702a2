import { describe, expect, test } from "vitest";
import { LinesByTime } from "../../src/store/times/lines-by-time.ts";
import { someOf } from "../../src/store/times/some-of.ts";

function of(...known: readonly (readonly [atMs: number, lines: number])[]): readonly number[] {
  const lines = new LinesByTime({ fromMs: 0, sizeMs: 10, parts: 4 });
  lines.add(known.map(([atMs, count]) => ({ atMs, lines: count })));
  return lines.counts;
}

describe("lines by time", () => {
  test.each([
    [
      "evenly between two known times",
      [
        [0, 0],
        [40, 80],
      ],
      [20, 20, 20, 20],
    ],
    [
      "within one part",
      [
        [12, 0],
        [18, 6],
      ],
      [0, 6, 0, 0],
    ],
    [
      "in parts that they share",
      [
        [5, 0],
        [15, 10],
      ],
      [5, 5, 0, 0],
    ],
    [
      "by what marks say",
      [
        [0, 0],
        [10, 90],
        [40, 99],
      ],
      [90, 3, 3, 3],
    ],
    [
      "at one moment",
      [
        [20, 0],
        [20, 7],
      ],
      [0, 0, 7, 0],
    ],
    [
      "at the very end",
      [
        [40, 0],
        [40, 7],
      ],
      [0, 0, 0, 7],
    ],
    [
      "before and after the whole, at its ends",
      [
        [-5, 0],
        [-1, 3],
        [60, 3],
        [70, 8],
      ],
      [3, 0, 0, 5],
    ],
    ["none where time went back or nothing is known", [[20, 5]], [0, 0, 0, 0]],
  ] as const)("are %s", (_, known, counts) => {
    expect(of(...known)).toEqual(counts);
  });
});

test("of a long list some are taken at equal distances, of a short one all", () => {
  expect(someOf([1, 2, 3], 3)).toEqual([1, 2, 3]);
  expect(someOf([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 4)).toEqual([0, 2, 5, 7]);
});
