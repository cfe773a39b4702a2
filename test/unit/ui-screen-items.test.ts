import { beforeAll, describe, expect, test } from "vitest";
import type { LogLine } from "../../ui/src/api-parse.ts";
import { buildItems } from "../../ui/src/log/feed/log-items.ts";
import { LogWindow } from "../../ui/src/log/feed/log-window.ts";
import { loadTerminal } from "../../ui/src/log/feed/terminal.ts";
import { rowSegments, rowText } from "../../ui/src/log/view/row-segments.ts";

beforeAll(loadTerminal);

const ESC = "\x1b";

function linesOf(texts: readonly string[], changes: Partial<LogLine> = {}, from = 1): LogLine[] {
  return texts.map((text, at) => {
    return { n: from + at, time: "2026-11-20T04:17:44.960662Z", stderr: false, text, fragment: false, ...changes };
  });
}

function windowOf(lines: readonly LogLine[]): LogWindow {
  const window = new LogWindow("n");
  window.addSource(1);
  window.extendEnd(0, lines);
  return window;
}

function shownIn(window: LogWindow): string[] {
  return buildItems({ window, sources: 1, accepts: () => true }).map((item) => {
    return item.kind === "hole" ? "hole" : rowText(item);
  });
}

describe("lines that move the cursor up", () => {
  const bars = ["start", "a 1", "b 1", `${ESC}[2Aa 2`, "b 2", `${ESC}[2A${ESC}[Ka 3`, "b 3", "done"];

  test("show as on a terminal, among lines that stay", () => {
    const items = buildItems({ window: windowOf(linesOf(bars)), sources: 1, accepts: () => true });
    const rows = items.filter((item) => item.kind === "lines");
    expect(rows.map((row) => [row.n, row.to, rowText(row)])).toEqual([
      [1, 1, "start"],
      [2, 6, "a 3"],
      [3, 7, "b 3"],
      [8, 8, "done"],
    ]);
    expect(rows[1]?.redraws).toBeGreaterThan(0);
  });

  test("show the same, however they arrive", () => {
    const whole = shownIn(windowOf(linesOf(bars)));
    const window = windowOf([]);
    for (const line of linesOf(bars)) {
      window.extendEnd(0, [line]);
      shownIn(window);
    }
    expect(shownIn(window)).toEqual(whole);
  });

  test("leave the other stream and settled lines alone", () => {
    const many = Array.from({ length: 200 }, (_, at) => `line ${at + 1}`);
    const window = windowOf(linesOf([...many, `${ESC}[1Aover`]));
    const shown = shownIn(window);
    expect(shown.slice(0, 199)).toEqual(many.slice(0, 199));
    expect(shown.slice(199)).toEqual(["over 200"]);
  });
});

describe("a colour that is left on", () => {
  const colours = (window: LogWindow): (number | undefined)[] => {
    return window.rows.map((row) => rowSegments(row)[0]?.style.foreground);
  };

  test("goes on in the stream's next lines until it is reset", () => {
    expect(colours(windowOf(linesOf([`${ESC}[31mred`, "still", `${ESC}[0mplain`, "plain"])))).toEqual([
      1,
      1,
      undefined,
      undefined,
    ]);
  });

  test("does not reach the other stream", () => {
    const window = windowOf([
      ...linesOf([`${ESC}[31mred`]),
      ...linesOf(["other"], { stderr: true }, 2),
      ...linesOf(["red"], {}, 3),
    ]);
    expect(colours(window)).toEqual([1, undefined, 1]);
  });

  test("reaches lines that were loaded before the ones that set it", () => {
    const window = new LogWindow("n");
    window.addSource(3);
    window.extendEnd(0, linesOf(["late"], {}, 3));
    window.extendStart(0, linesOf([`${ESC}[32mgreen`, "green"]), 1);
    expect(colours(window)).toEqual([2, 2, 2]);
    window.extendEnd(0, linesOf(["on"], {}, 4));
    expect(colours(window).at(-1)).toBe(2);
  });

  test("begins as the lines before it left it, once that is known", () => {
    const window = new LogWindow("n");
    window.addSource(3);
    window.extendEnd(0, linesOf(["red", `${ESC}[0mplain`, "plain"], {}, 3));
    expect(colours(window)).toEqual([undefined, undefined, undefined]);
    window.know(0, 3, { stdout: `${ESC}[31m`, stderr: `${ESC}[32m` });
    expect(colours(window)).toEqual([1, undefined, undefined]);
    window.extendEnd(0, linesOf(["green"], { stderr: true }, 6));
    expect(colours(window)).toEqual([1, undefined, undefined, 2]);
  });

  test("stays known where lines are put before, whose own beginning is not known yet", () => {
    const window = new LogWindow("n");
    window.addSource(5);
    window.extendEnd(0, linesOf(["red", "red"], {}, 5));
    window.know(0, 5, { stdout: `${ESC}[31m`, stderr: "" });
    window.extendStart(0, linesOf(["green", `${ESC}[31mred`], {}, 3), 3);
    expect(colours(window)).toEqual([undefined, 1, 1, 1]);
    window.know(0, 3, { stdout: `${ESC}[32m`, stderr: "" });
    expect(colours(window)).toEqual([2, 1, 1, 1]);
  });

  test("stays known when the lines that set it have left the window", () => {
    const window = new LogWindow("n", { maxRows: 10, followedRows: 10, maxCharacters: 10_000 });
    window.addSource(1);
    window.extendEnd(0, linesOf([`${ESC}[31mred`, ...new Array<string>(14).fill("red")]));
    expect(window.trim("start")).toBe(true);
    const { from } = window.coverage(0);
    window.extendStart(0, linesOf(["not known"], {}, from - 1), from - 1);
    expect(colours(window).slice(1)).toEqual(new Array<number>(16 - from).fill(1));
  });

  test("reaches lines that fill a hole", () => {
    const window = new LogWindow("n");
    window.addSource(1);
    window.extendEnd(0, [...linesOf([`${ESC}[31mred`]), ...linesOf(["red"], {}, 3)]);
    window.fill(0, linesOf(["late"], {}, 2));
    expect(colours(window)).toEqual([1, 1, 1]);
  });

  test("may be set by a sequence that stands in two pieces of a line", () => {
    const piece = linesOf([`x${ESC}[3`], { fragment: true });
    expect(colours(windowOf([...piece, ...linesOf(["1m", "red"], {}, 2)])).at(-1)).toBe(1);
  });
});
