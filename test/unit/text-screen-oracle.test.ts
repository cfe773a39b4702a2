import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import xterm from "@xterm/headless";
import fc from "fast-check";
import { expect, test } from "vitest";
import { LineScreen, SCREEN_ROWS } from "../../src/text/screen/line-screen.ts";
import type { Row } from "../../src/text/screen/row.ts";
import { RGB, type Style } from "../../src/text/screen/style.ts";

/** Wider than any generated line: the line screen has no right margin. */
const COLUMNS = 600;

interface Cell {
  readonly text: string;
  readonly look: string;
}

/** The oracle: xterm's own terminal, without a window. */
async function shownByXterm(lines: readonly string[]): Promise<Cell[][]> {
  const terminal = new xterm.Terminal({
    cols: COLUMNS,
    rows: SCREEN_ROWS,
    scrollback: 10_000,
    convertEol: true,
    allowProposedApi: true,
  });
  await new Promise<void>((resolve) => terminal.write(lines.map((line) => `${line}\n`).join(""), resolve));
  const buffer = terminal.buffer.active;
  const rows: Cell[][] = [];
  for (let y = 0; y < buffer.length; y += 1) {
    const line = buffer.getLine(y);
    const cells: Cell[] = [];
    for (let x = 0; x < COLUMNS; x += 1) {
      const cell = line?.getCell(x);
      if (cell === undefined) continue;
      // The second half of a wide character. xterm leaves halves without a first one behind: they look blank.
      if (cell.getWidth() === 0 && line?.getCell(x - 1)?.getWidth() === 2) continue;
      const style: Record<string, unknown> = {};
      if (cell.isFgPalette()) style["foreground"] = cell.getFgColor();
      if (cell.isFgRGB()) style["foreground"] = RGB + cell.getFgColor();
      if (cell.isBgPalette()) style["background"] = cell.getBgColor();
      if (cell.isBgRGB()) style["background"] = RGB + cell.getBgColor();
      if (cell.isBold()) style["bold"] = true;
      if (cell.isDim()) style["dim"] = true;
      if (cell.isItalic()) style["italic"] = true;
      if (cell.isUnderline()) style["underline"] = true;
      if (cell.isInverse()) style["inverse"] = true;
      if (cell.isInvisible()) style["hidden"] = true;
      if (cell.isStrikethrough()) style["strike"] = true;
      if (cell.isOverline()) style["overline"] = true;
      cells.push({ text: cell.getChars() || " ", look: lookOf(style) });
    }
    rows.push(withoutBlankEnd(cells));
  }
  terminal.dispose();
  return withoutEmptyEnd(rows);
}

function shownByUs(lines: readonly string[]): Cell[][] {
  const screen = new LineScreen();
  const rows: Row[] = [];
  for (const [i, line] of lines.entries()) {
    screen.write(line, i + 1, false);
    rows.push(...screen.takeSettled());
  }
  return withoutEmptyEnd([...rows, ...screen.rows].map((row) => withoutBlankEnd(cellsOf(row))));
}

function cellsOf(row: Row): Cell[] {
  let from = 0;
  return row.spans.flatMap(({ end, style }) => {
    const text = row.text.slice(from, end);
    from = end;
    const characters = text.match(/\P{M}\p{M}*/gu) ?? [];
    return characters.map((character) => ({ text: character, look: lookOf(style) }));
  });
}

/** Ignores colours of blanks: erased cells are not text. */
function lookOf(style: Style | Record<string, unknown>): string {
  return JSON.stringify(Object.entries(style).sort());
}

function withoutBlankEnd(cells: Cell[]): Cell[] {
  const shown = cells.map((cell) => (cell.text === " " ? { text: " ", look: "" } : cell));
  return shown.slice(0, shown.findLastIndex(({ text }) => text !== " ") + 1);
}

function withoutEmptyEnd(rows: Cell[][]): Cell[][] {
  return rows.slice(0, rows.findLastIndex((row) => row.length > 0) + 1);
}

const text = fc.oneof(
  fc.stringMatching(/^[a-z0-9%|# ]{1,12}$/),
  fc.constantFrom("日本", "e\u0301", "ä", "한글", "100%|####|"),
);
const count = fc.oneof(fc.constant(""), fc.integer({ min: 0, max: 12 }).map(String));
const sgr = fc.oneof(
  fc.constantFrom(
    "",
    "0",
    "1",
    "2",
    "3",
    "4",
    "7",
    "8",
    "9",
    "22",
    "23",
    "24",
    "27",
    "28",
    "29",
    "53",
    "55",
    "39",
    "49",
  ),
  fc.constantFrom(
    "31",
    "42",
    "95",
    "103",
    "38;5;208",
    "48;5;17",
    "38;2;1;2;3",
    "38:2::4:5:6",
    "38:5:99",
    "58;2;9;8;7",
    "58;5;3",
    "59",
    "1;31",
    "4:3",
    "4:0",
  ),
);
const sequence = fc.oneof(
  { weight: 6, arbitrary: text },
  { weight: 2, arbitrary: fc.constantFrom("\r", "\b", "\b\b\b", "\t") },
  {
    weight: 3,
    arbitrary: fc
      .tuple(count, fc.constantFrom("A", "B", "C", "D", "E", "F", "G", "P", "X", "@"))
      .map(([n, final]) => `\x1b[${n}${final}`),
  },
  { weight: 2, arbitrary: fc.constantFrom("\x1b[K", "\x1b[0K", "\x1b[1K", "\x1b[2K", "\x1b[J") },
  { weight: 2, arbitrary: sgr.map((codes) => `\x1b[${codes}m`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("\x1b[?25l", "\x1b[?25h", "\x1b]0;title\x07", "\x1bP1$r\x1b\\", "\x1b(B", "\x1b="),
  },
);
const line = fc.array(sequence, { maxLength: 12 }).map((parts) => parts.join(""));

test("rows, cells and styles equal xterm's, whatever a program prints", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 90 }), async (lines) => {
      expect(shownByUs(lines)).toEqual(await shownByXterm(lines));
    }),
    { numRuns: 60 },
  );
});

const RECORDINGS = fileURLToPath(new URL("../fixtures/terminal", import.meta.url));

/** What these programs wrote to a terminal, byte for byte. */
test.each(readdirSync(RECORDINGS))("a recording of a real program looks as in xterm: %s", async (name) => {
  const lines = readFileSync(`${RECORDINGS}/${name}`, "utf8").split("\n");
  const shown = shownByUs(lines);
  expect(shown).toEqual(await shownByXterm(lines));
  expect(shown.length).toBeGreaterThan(1);
  expect(shown.length).toBeLessThan(30);
});

test("looks the same wherever the output is split", () => {
  fc.assert(
    fc.property(line, fc.nat(200), (whole, at) => {
      const screen = new LineScreen();
      screen.write(whole.slice(0, at), 1, true);
      screen.write(whole.slice(at), 2, false);
      expect(screen.rows.map((row) => row.text)).toEqual(rowsOf(whole));
    }),
  );
});

function rowsOf(whole: string): string[] {
  const screen = new LineScreen();
  screen.write(whole, 1, false);
  return screen.rows.map((row) => row.text);
}
