import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LogLine } from "../../ui/src/api-parse.ts";
import { buildItems } from "../../ui/src/log/feed/log-items.ts";
import { LogWindow } from "../../ui/src/log/feed/log-window.ts";

const LIMITS = { maxRows: 100, followedRows: 100, maxCharacters: 10_000 };

function line(n: number, text = `line ${n}`): LogLine {
  return { n, time: timeOf(n), stderr: false, text, fragment: false };
}

function lines(from: number, to: number): LogLine[] {
  return Array.from({ length: to - from + 1 }, (_, index) => line(from + index));
}

function timeOf(second: number): string {
  return `2026-11-20T04:17:44.${String(second).padStart(6, "0")}Z`;
}

function windowOf(from: number, to: number, limits = LIMITS): LogWindow {
  const window = new LogWindow("n", limits);
  window.addSource(from);
  window.extendEnd(0, lines(from, to));
  return window;
}

/** Numbers of rows, and `[from, to]` of holes. */
function seen(window: LogWindow, sources = 1): (number | [number, number])[] {
  const items = buildItems({ window, sources, accepts: () => true });
  return items.map((item) => (item.kind === "hole" ? [item.n, item.to] : item.n));
}

describe("a window on one execution", () => {
  test("grows at both ends", () => {
    const window = windowOf(5, 6);
    window.extendStart(0, lines(3, 4), 3);
    window.extendEnd(0, lines(7, 8));
    expect(seen(window)).toEqual([3, 4, 5, 6, 7, 8]);
    expect(window.coverage(0)).toMatchObject({ from: 3, to: 8, firstTime: timeOf(3), lastTime: timeOf(8) });
  });

  test("takes no line twice", () => {
    const window = windowOf(5, 6);
    window.extendEnd(0, lines(4, 7));
    window.extendStart(0, lines(4, 6), 4);
    window.fill(0, lines(1, 9));
    expect(seen(window)).toEqual([4, 5, 6, 7]);
  });

  test("holds fewer rows while its end is followed", () => {
    const window = windowOf(1, 60, { ...LIMITS, followedRows: 40 });
    expect(window.trimFollowed()).toBe(true);
    expect(window.rows.length).toBeLessThanOrEqual(40);
    expect(seen(window).at(-1)).toBe(60);
    const { version } = window;
    expect([window.trimFollowed(), window.version]).toEqual([false, version]);
  });

  test("shows lines missing within its range", () => {
    const window = windowOf(1, 2);
    window.extendEnd(0, [line(5)]);
    window.extendEnd(0, [], 9);
    expect(seen(window)).toEqual([1, 2, [3, 4], 5, [6, 9]]);
  });

  test("shows lines missing before the first", () => {
    const window = windowOf(5, 6);
    window.extendStart(0, [line(3)], 1);
    expect(seen(window)).toEqual([[1, 2], 3, [4, 4], 5, 6]);
  });

  test("fills holes with late lines", () => {
    const window = windowOf(1, 2);
    window.extendEnd(0, [line(6)]);
    window.fill(0, [line(4)]);
    expect(seen(window)).toEqual([1, 2, [3, 3], 4, [5, 5], 6]);
    window.fill(0, lines(1, 9));
    expect(seen(window)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("drops rows at the start, an eighth at a time", () => {
    const window = windowOf(1, 101);
    expect(window.trim("start")).toBe(true);
    expect(window.coverage(0).from).toBe(14);
    expect(window.rows[0]?.n).toBe(14);
    expect(window.trim("start")).toBe(false);
  });

  test("drops rows at the end, and covers only what it holds", () => {
    const window = windowOf(1, 101);
    window.trim("end");
    expect(window.coverage(0).to).toBe(88);
    window.extendEnd(0, lines(88, 90));
    expect(seen(window).slice(-3)).toEqual([88, 89, 90]);
  });

  test("is bounded in characters as well", () => {
    const window = new LogWindow("n", LIMITS);
    window.addSource(1);
    window.extendEnd(
      0,
      Array.from({ length: 20 }, (_, index) => line(index + 1, "x".repeat(1_000))),
    );
    window.trim("start");
    expect(window.rows.length).toBeLessThanOrEqual(10);
    expect(window.rows.at(-1)?.n).toBe(20);
  });

  test("keeps one row, however long it is", () => {
    const window = new LogWindow("n", LIMITS);
    window.addSource(1);
    window.extendEnd(0, [line(1, "x".repeat(20_000))]);
    window.trim("start");
    expect(seen(window)).toEqual([1]);
  });

  test("joins a late piece to its row", () => {
    const window = new LogWindow("n", LIMITS);
    window.addSource(1);
    window.extendEnd(0, [{ ...line(1, "one "), fragment: true }]);
    window.extendEnd(0, [line(2, "two")]);
    expect(window.rows.map(({ n, to, text }) => [n, to, text])).toEqual([[1, 2, "one two"]]);
  });

  test("restarts elsewhere", () => {
    const window = windowOf(1, 9);
    window.restart(0, 50);
    window.extendEnd(0, lines(50, 51));
    expect(seen(window)).toEqual([50, 51]);
  });
});

describe("a window on a job", () => {
  test("merges its executions by time", () => {
    const window = new LogWindow("time", LIMITS);
    window.addSource(1);
    window.addSource(1);
    const at = (n: number, time: number): LogLine => ({ ...line(n), time: timeOf(time) });
    window.extendEnd(0, [at(1, 10), at(2, 30)]);
    window.extendEnd(1, [at(1, 20), at(2, 30), at(4, 40)]);
    const items = buildItems({ window, sources: 2, accepts: () => true });
    expect(items.map(({ source, n }) => [source, n])).toEqual([
      [0, 1],
      [1, 1],
      [0, 2],
      [1, 2],
      [1, 3],
      [1, 4],
    ]);
  });

  test("shows only the time that all of them cover", () => {
    const window = new LogWindow("time", LIMITS);
    window.addSource(1);
    window.extendEnd(0, lines(1, 9));
    const items = buildItems({ window, sources: 1, accepts: () => true, fromTime: timeOf(3), toTime: timeOf(5) });
    expect(items.map(({ n }) => n)).toEqual([3, 4, 5]);
  });
});

test("shows each line once, and holes for absent lines, whatever the order of arrival", () => {
  const batch = fc.record({ from: fc.integer({ min: 1, max: 40 }), length: fc.integer({ min: 1, max: 8 }) });
  fc.assert(
    fc.property(fc.array(batch, { maxLength: 20 }), (batches) => {
      const window = windowOf(1, 1);
      const come = new Set([1]);
      for (const { from, length } of batches) {
        for (let n = from; n < from + length; n += 1) come.add(n);
        window.fill(0, lines(from, from + length - 1));
        window.extendEnd(0, lines(from, from + length - 1));
      }
      const shown = seen(window);
      expect(shown.filter((each) => typeof each === "number")).toEqual([...come].sort((a, b) => a - b));
      const missing = shown.flatMap((each) => (typeof each === "number" ? [] : [each[1] - each[0] + 1]));
      expect(missing.reduce((sum, count) => sum + count, 0)).toBe(Math.max(...come) - come.size);
    }),
  );
});

test("joins the pieces of lines, whatever pages they come in and in whatever order", () => {
  const printed = fc.record({ stderr: fc.boolean(), fragment: fc.boolean(), text: fc.constantFrom("a", "b\r", "\rc") });
  const pages = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 12, maxLength: 12 });
  fc.assert(
    fc.property(fc.array(printed, { minLength: 1, maxLength: 12 }), pages, fc.nat(), (all, lengths, begun) => {
      const pieces = all.map((each, at): LogLine => ({ ...line(at + 1), ...each }));
      const whole = new LogWindow("n", LIMITS);
      whole.addSource(1);
      whole.extendEnd(0, pieces);
      const last = pieces.length;
      const first = 1 + (begun % last);
      const window = new LogWindow("n", LIMITS);
      window.addSource(first);
      let [from, to] = [first, first - 1];
      for (const length of lengths) {
        const [before, behind] = [Math.max(1, from - length), Math.min(last, to + length)];
        // The last line of a page comes late.
        window.extendEnd(0, pieces.slice(to, behind - 1), behind);
        window.fill(0, pieces.slice(behind - 1, behind));
        window.extendStart(0, pieces.slice(before - 1, from - 1), before);
        [from, to] = [before, behind];
      }
      window.extendStart(0, pieces.slice(0, from - 1), 1);
      window.extendEnd(0, pieces.slice(to));
      expect(window.rows).toEqual(whole.rows);
    }),
  );
});
