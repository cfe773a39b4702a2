import { expect, test } from "vitest";
import { MAX_COLUMNS } from "../../src/text/screen/cells.ts";
import { LineScreen, SCREEN_ROWS } from "../../src/text/screen/line-screen.ts";
import { RGB } from "../../src/text/screen/style.ts";

function shown(...lines: string[]): string[] {
  const screen = new LineScreen();
  for (const [i, line] of lines.entries()) screen.write(line, i + 1, false);
  return [...screen.takeSettled(), ...screen.rows].map((row) => row.text.trimEnd());
}

test.each([
  { what: "a bar that ends with its cursor shown again", lines: ["100% done\r\x1b[?25h"], rows: ["100% done"] },
  { what: "a shorter text over a longer one", lines: ["this sentence\rthat"], rows: ["that sentence"] },
  { what: "a text whose rest is erased", lines: ["abcdef\rXY\x1b[K"], rows: ["XY"] },
  { what: "a spinner of backspaces", lines: ["build |\b/\b-\b\\\bdone"], rows: ["build done"] },
  { what: "CRLF", lines: ["one\r", "two\r"], rows: ["one", "two"] },
  { what: "two bars", lines: ["a 10%", "b 10%\x1b[A\ra 90%", "b 90%"], rows: ["a 90%", "b 90%"] },
  { what: "rows that are erased and written anew", lines: ["a", "b", "\x1b[2A\x1b[2KA", "\x1b[2KB"], rows: ["A", "B"] },
  { what: "characters put in and taken out", lines: ["acd\x1b[2D\x1b[@b\x1b[3G\x1b[PC"], rows: ["abC"] },
  { what: "tabs", lines: ["a\tb"], rows: ["a       b"] },
  { what: "a title and a hyperlink", lines: ["\x1b]0;t\x07x\x1b]8;;http://a\x1b\\y\x1b]8;;\x1b\\"], rows: ["xy"] },
  { what: "a title that has no end", lines: ["a\x1b]0;title", "b"], rows: ["a0;title", "b"] },
  { what: "a sequence that its line cuts off", lines: ["a\x1b[3", "1mb"], rows: ["a", "1mb"] },
  { what: "unknown sequences", lines: ["\x1b[?1049h\x1b[5;9Ha\x1b(B\x1b=\x1bPq#0\x1b\\b\x9b1mc"], rows: ["abc"] },
])("shows $what as a terminal does", ({ lines, rows }) => {
  expect(shown(...lines)).toEqual(rows);
});

test("58 and 59 take their parameters with them", () => {
  const screen = new LineScreen();
  screen.write("\x1b[1;31m\x1b[58;2;255;0;0mX", 1, false);
  expect(screen.rows[0]?.spans).toEqual([{ end: 1, style: { bold: true, foreground: 1 } }]);
});

test("a colour lasts across lines and chunks until it is reset", () => {
  const screen = new LineScreen();
  screen.write("\x1b[38;2;1;2;3mred", 1, true);
  screen.write(" on", 2, false);
  screen.write("still\x1b[0m plain", 3, false);
  const red = { foreground: RGB + 0x010203 };
  expect(screen.rows.map((row) => row.spans)).toEqual([
    [{ end: 6, style: red }],
    [
      { end: 5, style: red },
      { end: 11, style: {} },
    ],
  ]);
  expect(screen.style).toEqual({});
});

test("a row names the first and the last line that printed on it", () => {
  const screen = new LineScreen();
  screen.write("10%", 7, true);
  screen.write("\r20%", 8, true);
  screen.write("\r30%", 9, false);
  expect(screen.rows.map(({ firstN, lastN, text }) => ({ firstN, lastN, text }))).toEqual([
    { firstN: 7, lastN: 9, text: "30%" },
  ]);
});

test("rows are settled once the cursor cannot reach them", () => {
  const screen = new LineScreen();
  for (let n = 1; n <= SCREEN_ROWS + 2; n += 1) screen.write(`line ${n}`, n, false);
  expect(screen.takeSettled().map((row) => row.text)).toEqual(["line 1", "line 2", "line 3"]);
  screen.write(`\x1b[${SCREEN_ROWS * 2}Atop`, 99, false);
  expect(screen.rows[0]?.text).toBe("tope 4");
  expect(screen.takeSettled()).toEqual([]);
});

test.each(["G", "C", "@"])("a few bytes cannot make an endless row: CSI %s", (final) => {
  const screen = new LineScreen();
  screen.write(`x\r${`\x1b[999999999${final}`.repeat(50)}y`, 1, false);
  expect(screen.rows[0]?.width).toBeLessThanOrEqual(MAX_COLUMNS + 1);
});
