import { expect, test } from "vitest";
import { fittedPieces } from "../../src/ctl/reading/fitted-pieces.ts";
import { FoundLines } from "../../src/ctl/reading/found-lines.ts";
import { Output } from "../../src/ctl/remote/output.ts";
import { type Column, printTable } from "../../src/ctl/remote/table.ts";
import { columnsOf } from "../../src/text/screen/cells.ts";

const ID = "01JDTC8V6CZ7M4V5X9Q2N3K4PW";
const ROWS = [
  { id: ID, at: "2026-11-20 14:05:09", size: 7, text: "/opt/site/bin/train.sh --epochs 3" },
  { id: ID, at: "2026-11-20 14:05:10", size: 1_234_567, text: "終了 ".repeat(9) },
];
const COLUMNS: readonly Column<(typeof ROWS)[number]>[] = [
  { title: "ID", cell: ({ id }) => id },
  { title: "AT", cell: ({ at }) => at, isWhole: true },
  { title: "SIZE", cell: ({ size }) => String(size), isRight: true },
  { title: "TEXT", cell: ({ text }) => text },
];

async function printed(rows: typeof ROWS, of: { columns?: number; isTerminal?: boolean; hasStderr?: boolean } = {}) {
  const { columns = 80, isTerminal = true, hasStderr = true } = of;
  const all = { out: "", err: "" };
  const stdout = { write: (text: string | Uint8Array) => (all.out += String(text)), isTTY: isTerminal, columns };
  const stderr = { write: (text: string | Uint8Array) => (all.err += String(text)) };
  const output = new Output({ stdout, hasColours: false, ...(hasStderr ? { stderr } : {}) });
  await printTable(output, { rows, columns: COLUMNS, none: "there is nothing" });
  return all;
}

test.each([
  [120, "whole", `${ID}  2026-11-20 14:05:09        7  /opt/site/bin/train.sh --epochs 3`],
  [80, "the last column is cut first", `${ID}  2026-11-20 14:05:09        7  /opt/site/bin/train.s…`],
  [60, "then the widest of the others", "01JDTC8V6CZ7M4V5X…  2026-11-20 14:05:09        7  /opt/site…"],
  [40, "what a part of says nothing is never cut", "01JDTC8V6CZ…  2026-11-20 14:05:09        7  /opt/site…"],
])("a table on a terminal of %i columns: %s", async (columns, _, first) => {
  const { out } = await printed(ROWS, { columns });
  const lines = out.trimEnd().split("\n");
  expect(lines[1]).toBe(first);
  if (columns >= 60) for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(columns);
});

test("in a pipe nothing is cut", async () => {
  const { out } = await printed(ROWS.slice(0, 1), { columns: 20, isTerminal: false });
  expect(out).toBe(`${ID}\t2026-11-20 14:05:09\t7\t/opt/site/bin/train.sh --epochs 3\n`);
});

test("an empty table is a sentence for a person, and nothing in a pipe; one that is drawn anew keeps its titles", async () => {
  expect(await printed([])).toEqual({ out: "", err: "mlctl: there is nothing\n" });
  expect(await printed([], { isTerminal: false })).toEqual({ out: "", err: "" });
  expect((await printed([], { hasStderr: false })).out).toMatch(/^ID +AT +SIZE +TEXT\n$/);
});

const piecesOf = (before: string, match: string, after: string) => [
  { text: before, isMatch: false },
  { text: match, isMatch: true },
  { text: after, isMatch: false },
];

test.each([
  ["fits", piecesOf("a ", "hit", " b"), undefined],
  ["in the middle", piecesOf("x".repeat(50), "hit", "y".repeat(50)), `…${"x".repeat(13)}|hit|${"y".repeat(12)}…`],
  ["at the beginning", piecesOf("", "hit", "y".repeat(50)), `|hit|${"y".repeat(25)}…`],
  ["at the end", piecesOf("x".repeat(50), "hit", ""), `…${"x".repeat(25)}|hit|`],
  ["wide characters", piecesOf("終".repeat(50), "hit", "終".repeat(50)), "…終終終終終終|hit|終終終終終終…"],
  ["longer than a row", piecesOf("x", "h".repeat(50), "y"), `…|${"h".repeat(28)}|…`],
  ["colours of its own", piecesOf("\u001b[31mred\u001b[0m", "hit", "\t".repeat(9)), undefined],
  ["no match", [{ text: "z".repeat(50), isMatch: false }], `${"z".repeat(28)}…`],
])("what a search shows in 30 columns: %s", (_, pieces, shown) => {
  const fitted = fittedPieces(pieces, 30);
  const words = fitted?.pieces.map(({ text, isMatch }) => (isMatch ? `|${text}|` : text)).join("");
  const whole = fitted && `${fitted.isCutBefore ? "…" : ""}${words}${fitted.isCutAfter ? "…" : ""}`;
  if (shown !== undefined) expect(whole).toBe(shown);
  else expect(whole?.includes("\u001b") ?? false).toBe(false);
});

test.each([
  [true, `gpu1:${ID}#7:…${"x".repeat(19)}hit${"y".repeat(18)}…\n`],
  [false, `gpu1:${ID}#7:${"x".repeat(2_000)}hit${"y".repeat(2_000)}\n`],
])("a long hit of grep fills a row of a terminal (%s), and is whole in a pipe", async (isTerminal, shown) => {
  let out = "";
  const write = (text: string | Uint8Array) => (out += String(text));
  const output = new Output({ stdout: { write, isTTY: isTerminal, columns: 76 }, hasColours: false });
  const text = `${"x".repeat(2_000)}hit${"y".repeat(2_000)}`;
  const line = { x: ID, node: "gpu1", owner: "alice", n: 7, lastN: 7, time: "", stream: "stdout", text } as const;
  await new FoundLines(output, { isOne: false, isRaw: false }).print({ t: "hit", at: [[2_000, 2_003]], ...line });
  expect(out).toBe(shown);
});
