import { describe, expect, test } from "vitest";
import { PLAIN } from "../../src/text/screen/style.ts";
import type { Item } from "../../ui/src/log/feed/log-row.ts";
import { LogViewport } from "../../ui/src/log/view/log-viewport.ts";

const ROW = {
  kind: "lines",
  source: 0,
  stderr: false,
  text: "",
  style: PLAIN,
  redraws: 0,
  open: false,
  continues: false,
  besideOpen: false,
} as const;

function rows(from: number, to: number): Item[] {
  return Array.from({ length: to - from + 1 }, (_, index) => {
    const n = from + index;
    return { ...ROW, n, to: n, time: "" };
  });
}

/** Ten rows of 20 px fit in. */
function viewportOf(items: readonly Item[], heightOf: (item: Item) => number = () => 20): LogViewport {
  const viewport = new LogViewport({ order: "n", heightOf });
  viewport.items = items;
  viewport.heightPx = 200;
  return viewport;
}

function top(viewport: LogViewport): number | undefined {
  return viewport.items[viewport.topIndex]?.n;
}

describe("a view of rows", () => {
  test("starts at the end, and stays there as rows come", () => {
    const viewport = viewportOf(rows(1, 100));
    expect(top(viewport)).toBe(91);
    viewport.items = rows(1, 150);
    expect(top(viewport)).toBe(141);
    expect(viewport.isAtEnd).toBe(true);
  });

  test("starts at the top if everything fits", () => {
    const viewport = viewportOf(rows(1, 5));
    expect(viewport.slice(undefined)).toEqual({ from: 0, to: 5, y: 0 });
    viewport.scrollBy(-100);
    viewport.scrollBy(100);
    expect(viewport.slice(undefined).y).toBe(0);
    expect(viewport.isAtEnd).toBe(true);
  });

  test("moves by pixels, within the first and the last row", () => {
    const viewport = viewportOf(rows(1, 100));
    viewport.scrollBy(-30);
    expect([top(viewport), viewport.isAtEnd]).toEqual([89, false]);
    viewport.scrollBy(-1e9);
    expect(top(viewport)).toBe(1);
    viewport.scrollBy(1e9);
    expect([top(viewport), viewport.isAtEnd]).toEqual([91, true]);
  });

  test("stays in place when rows come or go before or after it", () => {
    const viewport = viewportOf(rows(50, 100));
    viewport.scrollBy(-205);
    const before = [top(viewport), viewport.slice(undefined).y];
    viewport.items = rows(1, 200);
    expect([top(viewport), viewport.slice(undefined).y]).toEqual(before);
    viewport.items = rows(70, 200);
    expect(top(viewport)).toBe(before[0]);
  });

  test("moves to the next row when its own is filtered out", () => {
    const viewport = viewportOf(rows(1, 100));
    viewport.show({ at: "line", n: 40, align: "top" }, []);
    viewport.items = rows(1, 100).filter(({ n }) => n % 3 === 0);
    expect(top(viewport)).toBe(42);
  });

  test("shows a line at the upper edge, or below it with context", () => {
    const viewport = viewportOf(rows(1, 100));
    viewport.show({ at: "line", n: 40, align: "top" }, []);
    expect(top(viewport)).toBe(40);
    viewport.show({ at: "line", n: 40, align: "third" }, []);
    expect(top(viewport)).toBe(37);
    viewport.show({ at: "line", n: 99, align: "top" }, []);
    expect(top(viewport)).toBe(91);
  });

  test("finds the row that a line was joined to, and the hole that it is missing from", () => {
    const joined: Item = { ...ROW, n: 3, to: 6, time: "" };
    const hole: Item = { kind: "hole", source: 0, n: 7, to: 9, time: "" };
    const viewport = viewportOf([...rows(1, 2), joined, hole, ...rows(10, 30)]);
    const found = [2, 3, 5, 8, 10].map((n) => {
      viewport.show({ at: "line", n, align: "top" }, []);
      return viewport.topIndex;
    });
    expect(found).toEqual([1, 2, 2, 3, 4]);
  });

  test("draws a few rows beyond the view", () => {
    const viewport = viewportOf(rows(1, 100));
    viewport.showIndex(50);
    expect(viewport.slice(undefined)).toEqual({ from: 38, to: 72, y: -240 });
    expect(viewport.bottomIndex).toBe(59);
  });

  test("keeps selected rows drawn, within bounds", () => {
    const viewport = viewportOf(rows(1, 5_000));
    viewport.showIndex(500);
    const [first, last] = [viewport.items[450], viewport.items[480]];
    if (first === undefined || last === undefined) throw new Error("no such rows");
    expect(viewport.slice([first, last])).toEqual({ from: 450, to: 522, y: -1_000 });
    viewport.showIndex(4_000);
    expect(viewport.slice([first, last]).from).toBe(4_000 - 12 - 1_000);
  });

  test("handles rows of different heights", () => {
    const viewport = viewportOf(rows(1, 100), ({ n }) => (n % 2 === 0 ? 60 : 20));
    expect(top(viewport)).toBe(96);
    expect(viewport.slice(undefined).from).toBe(96 - 1 - 2);
    viewport.scrollBy(-70);
    expect(top(viewport)).toBe(94);
  });

  test("keeps the visible part of a row in place when the row is lower than guessed", () => {
    const heights = new Map([[50, 10_000]]);
    const items = rows(1, 100);
    const viewport = viewportOf(items, ({ n }) => heights.get(n) ?? 20);
    const draw = (px: number): void => {
      const before = heights.get(50) ?? 20;
      heights.set(50, px);
      const [item] = items.filter(({ n }) => n === 50);
      if (item !== undefined) viewport.corrected(item, px - before);
    };
    viewport.showIndex(50);
    viewport.scrollBy(-100);
    draw(2_000);
    expect([top(viewport), viewport.slice(undefined).y]).toEqual([50, -1_900 - 12 * 20]);
    // Its last 100 px stay in view, and above them the rows before it.
    draw(60);
    expect([top(viewport), viewport.slice(undefined).y]).toEqual([48, -12 * 20]);
    // A reader who opens a line sees its text stay.
    viewport.scrollBy(50);
    heights.set(50, 3_000);
    expect([top(viewport), viewport.slice(undefined).y]).toEqual([50, -10 - 12 * 20]);
  });

  test("does not move into another row that has the same number", () => {
    const viewport = new LogViewport({ order: "time", heightOf: () => 20 });
    viewport.heightPx = 200;
    const both = (sources: readonly number[]): Item[] =>
      rows(1, 100).flatMap((row) =>
        sources.map((source) => ({ ...row, source, time: String(row.n).padStart(3, "0") })),
      );
    viewport.items = both([0, 1]);
    viewport.scrollBy(-205);
    expect(viewport.slice(undefined).y).toBe(-15 - 12 * 20);
    viewport.items = both([viewport.items[viewport.topIndex]?.source === 0 ? 1 : 0]);
    expect(viewport.slice(undefined).y).toBe(-12 * 20);
  });
});
