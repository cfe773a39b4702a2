import { beforeAll, describe, expect, test } from "vitest";
import type { LogLine } from "../../ui/src/api-parse.ts";
import { earlierStates } from "../../ui/src/log/feed/line-states.ts";
import type { LogRow } from "../../ui/src/log/feed/log-row.ts";
import { joinRow, MAX_ROW_CHARACTERS, makeRow } from "../../ui/src/log/feed/make-row.ts";
import { loadTerminal } from "../../ui/src/log/feed/terminal.ts";
import { headOf, rowText } from "../../ui/src/log/view/row-segments.ts";

beforeAll(loadTerminal);

function piece(n: number, text: string, changes: Partial<LogLine> = {}): LogLine {
  return { n, time: "2026-11-20T04:17:44.960662Z", stderr: false, text, fragment: true, ...changes };
}

/** The rows that pieces printed one after the other make. */
function rowsOf(pieces: readonly LogLine[]): LogRow[] {
  const rows: LogRow[] = [];
  for (const each of pieces) {
    const { joined, row } = joinRow(rows.at(-1), makeRow(each, 0));
    if (joined) rows.pop();
    rows.push(row);
  }
  return rows;
}

function shown(rows: readonly LogRow[]): string[] {
  return rows.map(rowText);
}

describe("pieces of one line", () => {
  test("make one row", () => {
    const rows = rowsOf([
      piece(1, "Password: "),
      piece(2, "ok", { fragment: false }),
      piece(3, "next", { fragment: false }),
    ]);
    expect(shown(rows)).toEqual(["Password: ok", "next"]);
    expect(rows.map(({ n, to, open }) => [n, to, open])).toEqual([
      [1, 2, false],
      [3, 3, false],
    ]);
  });

  test.each([
    ["of another stream", piece(2, "b", { stderr: true })],
    ["with lines missing between", piece(3, "b")],
  ])("stay two %s", (_, second) => {
    expect(shown(rowsOf([piece(1, "a"), second]))).toEqual(["a", "b"]);
  });

  test("between lines of the other stream continue in another row, which says so", () => {
    const rows = rowsOf([
      piece(1, "Password: ", { stderr: true }),
      piece(2, "beside", { fragment: false }),
      piece(3, "more beside"),
      piece(4, "ok", { stderr: true, fragment: false }),
      piece(5, ", and its end", { fragment: false }),
      piece(6, "next", { stderr: true, fragment: false }),
    ]);
    expect(rows.map(({ n, to, continues }) => [n, to, continues])).toEqual([
      [1, 1, false],
      [2, 2, false],
      [3, 3, false],
      [4, 4, true],
      [5, 5, true],
      [6, 6, false],
    ]);
  });

  test("continue in another row when one would be too long", () => {
    const rows = rowsOf([piece(1, "a".repeat(MAX_ROW_CHARACTERS)), piece(2, "b", { fragment: false })]);
    expect(rows.map(({ continues }) => continues)).toEqual([false, true]);
  });
});

describe("a line that is redrawn", () => {
  test.each([
    ["with CR first", ["\r10%", "\r20%", "\r30%"], "30%"],
    ["with CR last", ["10%\r", "20%\r", "30%\r"], "30%"],
    ["within one piece", ["10%\r20%\r30%"], "30%"],
    ["and ended by a newline", ["\r10%", "\r30%", ""], "30%"],
    ["with text before it, as a terminal does", ["Loading: ", "\r10%", "\r30%"], "30%ding: "],
    ["and erased before", ["Loading: ", "\r\x1b[K10%", "\r\x1b[2K30%"], "30%"],
    ["by backspaces", ["10%\b\b\b30%"], "30%"],
    ["with several CR", ["10%\r\r30%"], "30%"],
    ["and continued", ["\r10%", "\r30%", " done"], "30% done"],
  ])("%s shows its last state", (_, texts, last) => {
    const rows = rowsOf(texts.map((text, index) => piece(index + 1, text)));
    expect(shown(rows)).toEqual([last]);
  });

  test("says how often", () => {
    expect(rowsOf([piece(1, "\r10%"), piece(2, "\r20%"), piece(3, "\r30%")])[0]?.redraws).toBe(2);
    expect(rowsOf([piece(1, "one\r", { fragment: false })])[0]?.redraws).toBe(0);
  });

  test("stays one small row, however long it runs, and counts all its states", () => {
    const states = Array.from({ length: 5_000 }, (_, index) => piece(index + 1, `\r${"#".repeat(80)} ${index}`));
    const rows = rowsOf(states);
    expect(rows).toHaveLength(1);
    const [row] = rows;
    if (row === undefined) throw new Error("no row");
    expect([row.text.length < 65_536, row.redraws, rowText(row)]).toEqual([true, 4_999, `${"#".repeat(80)} 4999`]);
    expect(earlierStates(row).at(-2)).toBe(`${"#".repeat(80)} 4998`);
  });

  test("is the same, however it was split into pieces", () => {
    const text = "ab\rcd\r\ref\rg";
    for (let cut = 0; cut <= text.length; cut += 1) {
      const rows = rowsOf([piece(1, text.slice(0, cut)), piece(2, text.slice(cut))]);
      expect(shown(rows)).toEqual(["gf"]);
      expect(rows[0]?.redraws).toBe(3);
    }
  });
});

test("CRLF is no redraw", () => {
  expect(rowsOf([piece(1, "text\r", { fragment: false })])).toMatchObject([{ text: "text\r", redraws: 0 }]);
});

describe("a long line", () => {
  test("is one row, of which the beginning shows, and how much is left", () => {
    const rows = rowsOf(Array.from({ length: 250 }, (_, at) => piece(at + 1, `${at % 10}`.repeat(4_000))));
    expect(rows.map(({ n, to }) => [n, to])).toEqual([[1, 250]]);
    const [row] = rows;
    if (row === undefined) throw new Error("no row");
    const { segments, restBytes } = headOf(row);
    expect([segments.map(({ text }) => text).join("").length, restBytes]).toEqual([2_000, 998_000]);
  });

  test("counts bytes, and no colours", () => {
    const [row] = rowsOf([piece(1, `\x1b[31m${"é".repeat(2_010)}\x1b[0m`)]);
    if (row === undefined) throw new Error("no row");
    expect(headOf(row).restBytes).toBe(20);
  });
});
