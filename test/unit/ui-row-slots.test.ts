import { expect, test } from "vitest";
import type { LogRow } from "../../ui/src/log/feed/log-row.ts";
import { makeRow } from "../../ui/src/log/feed/make-row.ts";
import { RowSlots } from "../../ui/src/log/view/row-slots.ts";

function rows(from: number, to: number): LogRow[] {
  return Array.from({ length: to - from + 1 }, (_, at) => {
    return makeRow({ n: from + at, time: "", stderr: false, text: `line ${from + at}`, fragment: false }, 0);
  });
}

test("a row keeps its element while it is drawn, and new rows take those of rows that went", () => {
  const slots = new RowSlots();
  expect(slots.keysOf(rows(1, 4))).toEqual([0, 1, 2, 3]);
  expect(slots.keysOf(rows(3, 6))).toEqual([2, 3, 0, 1]);
  expect(slots.keysOf(rows(101, 104))).toEqual([0, 1, 2, 3]);
  expect(new Set(slots.keysOf(rows(102, 108))).size).toBe(7);
});

test("rows of a view that has become lower take the elements that are there", () => {
  const slots = new RowSlots();
  slots.keysOf(rows(1, 6));
  expect(slots.keysOf(rows(4, 6))).toEqual([3, 4, 5]);
  expect(slots.keysOf(rows(101, 104))).toEqual([3, 4, 5, 0]);
});

test("a row with a button has an element of its own", () => {
  const slots = new RowSlots();
  const [first, second] = rows(1, 2);
  if (first === undefined || second === undefined) throw new Error("no rows");
  expect(slots.keysOf([{ ...first, redraws: 3 }, second])).toEqual(["0:1", 0]);
});
