import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import xterm from "@xterm/headless";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RedrawUnit } from "../../src/run/output/redraw-unit.ts";
import { RedrawThinner } from "../../src/run/output/redraws.ts";
import { LineScreen, SCREEN_ROWS } from "../../src/text/screen/line-screen.ts";

/** What a program printed, read by read, and the milliseconds before each. */
type Reads = readonly (readonly [text: string, afterMs: number])[];

/** What is sent of it, as `OutputFrames` feeds a thinner: held bytes come before the next read. */
function thinned(reads: Reads): string {
  const thinner = new RedrawThinner();
  let nowMs = 1_000;
  let held = Buffer.alloc(0);
  const sent: Buffer[] = [];
  const send = (bytes: Buffer) => {
    if (bytes.length === 0) return;
    sent.push(Buffer.from(bytes));
    thinner.sent(bytes.at(-1));
  };
  for (const [text, afterMs] of reads) {
    if (held.length > 0 && nowMs + afterMs >= thinner.dueMs({ sinceMs: nowMs, readAtMs: nowMs })) {
      thinner.sendAll(held.at(-1), nowMs);
      send(held);
      held = Buffer.alloc(0);
    }
    nowMs += afterMs;
    const bytes = Buffer.concat([held, Buffer.from(text)]);
    thinner.thin(bytes, 0, bytes.length, nowMs);
    send(bytes.subarray(0, thinner.sendEnd));
    held = Buffer.from(bytes.subarray(thinner.sendEnd, thinner.end));
  }
  send(held);
  const kept = Buffer.concat(sent);
  const printedBytes = reads.reduce((sum, [text]) => sum + Buffer.byteLength(text), 0);
  expect(kept.length + thinner.thinnedBytes).toBe(printedBytes);
  return kept.toString();
}

function screenOf(printed: string): unknown {
  const screen = new LineScreen();
  const rows = [];
  for (const [i, line] of printed.split("\n").entries()) {
    screen.write(line, i + 1, false);
    rows.push(...screen.takeSettled());
  }
  return [...rows, ...screen.rows].map((row) => ({
    text: row.text.trimEnd(),
    spans: row.text.trim() === "" ? [] : row.spans,
  }));
}

async function xtermOf(printed: string): Promise<string[]> {
  const size = { cols: 300, rows: SCREEN_ROWS, scrollback: 10_000, convertEol: true, allowProposedApi: true };
  const terminal = new xterm.Terminal(size);
  await new Promise<void>((resolve) => terminal.write(printed, resolve));
  const { buffer } = terminal;
  const rows = Array.from({ length: buffer.active.length }, (_, y) =>
    buffer.active.getLine(y)?.translateToString(true),
  );
  const { cursorX, cursorY, baseY } = buffer.active;
  terminal.dispose();
  return [...rows.map((row) => row?.trimEnd() ?? ""), `${cursorX} ${baseY + cursorY}`];
}

/** The text as a program prints it, in pieces. */
const every = (ms: number, pieces: readonly string[]): Reads => pieces.map((piece) => [piece, ms]);
const percents = Array.from({ length: 50 }, (_, i) => 10 + i);

describe("redraws of real shapes", () => {
  const rows = (n: number) => `\x1b[2K web ${n}.0s\n\x1b[2K db ${n}.5s\n`;
  test.each<[string, readonly string[]]>([
    ["backspaces", ["10%", ...percents.map((n) => `\b\b\b${n}%`), "\n"]],
    ["a spinner of backspaces", ["| work", ...percents.map((n) => `\b\b\b\b\b\b${"|/-\\"[n % 4]} work`), "\n"]],
    ["ESC[nD", ["10%", ...percents.map((n) => `\x1b[3D${n}%`), "\n"]],
    ["ESC[2K ESC[G", percents.map((n) => `\x1b[2K\x1b[1G${"⠋⠙⠹"[n % 3]} fetch ${n}%`)],
    ["ESC[nG", ["fetch ", ...percents.map((n) => `\x1b[7G${n}%\x1b[K`)]],
    ["a block of rows", [rows(0), ...percents.map((n) => `\x1b[2A${rows(n)}`)]],
    ["a block without a last newline", ["a 0\nb 0", ...percents.map((n) => `\r\x1b[2K\x1b[1A\x1b[2Ka ${n}\nb ${n}`)]],
    ["a block that is erased below", ["a 0\nb 0\n", ...percents.map((n) => `\x1b[2A\x1b[Ja ${n}\nb ${n}\n`)]],
    ["two bars, the second below", percents.flatMap((n) => [`\n\rbatch: ${n}%\x1b[A`, `\repoch: ${n}%`])],
  ])("by %s: few stay, and the screen is the same", async (_, pieces) => {
    const reads = every(10, ["start\n", ...pieces]);
    const printed = reads.map(([text]) => text).join("");
    const kept = thinned(reads);
    // One in 250 ms, of each row: 51 redraws in 510 ms.
    expect(kept.length).toBeLessThan(printed.length / 3);
    expect(screenOf(kept)).toEqual(screenOf(printed));
    expect(await xtermOf(kept)).toEqual(await xtermOf(printed));
  });

  test("a block of 63 rows is thinned, and one that the screen cannot hold is not", () => {
    const block = (count: number, n: number) =>
      Array.from({ length: count }, (_, row) => `row ${row}: ${n}%\n`).join("");
    for (const [count, most] of [
      [63, 0.3],
      [70, 1],
    ] as const) {
      const reads = every(10, [block(count, 10), ...percents.map((n) => `\x1b[${count}A${block(count, n)}`)]);
      const printed = reads.map(([text]) => text).join("");
      const kept = thinned(reads);
      expect(kept.length).toBeLessThanOrEqual(printed.length * most);
      expect(screenOf(kept)).toEqual(screenOf(printed));
    }
  });

  test.each([
    ["messages with numbers", ["\x1b[2K\x1b[1GWARN disk1", "\x1b[2K\x1b[1GWARN disk2"]],
    ["a message over a bar", ["10%", "\b\b\bERROR x", "\b\b\b20%"]],
    ["a log line above a block", ["a 1\n", "\x1b[1A\x1b[2KERROR x\na 2\n", "\x1b[1A\x1b[2Ka 3\n"]],
    ["overstruck letters", ["N\bNA\bAM\bM"]],
  ])("%s stay", (_, pieces) => {
    expect(thinned(every(10, pieces))).toBe(pieces.join(""));
  });
});

test("a read full of redraws costs little more than its length", () => {
  const redraws = Array.from({ length: 13_000 }, (_, i) => `\b\b\b${(i % 90) + 10}%`).join("");
  const seen = { comparisons: 0 };
  const { isRedrawnBy } = RedrawUnit.prototype;
  RedrawUnit.prototype.isRedrawnBy = function (later, between) {
    seen.comparisons += 1 + between.length;
    return isRedrawnBy.call(this, later, between);
  };
  expect(
    thinned([
      [`10%${redraws}`, 0],
      ["\n", 0],
    ]).length,
  ).toBeLessThan(30);
  RedrawUnit.prototype.isRedrawnBy = isRedrawnBy;
  expect(seen.comparisons).toBeLessThan(3 * 13_000);
});

const RECORDINGS = fileURLToPath(new URL("../fixtures/terminal", import.meta.url));

test.each(readdirSync(RECORDINGS))(
  "a recording of a real program ends with its screen, however it is read: %s",
  async (name) => {
    const printed = readFileSync(`${RECORDINGS}/${name}`, "utf8");
    for (const size of [1, 7, 64, 1_000, 100_000]) {
      const pieces = Array.from({ length: Math.ceil(printed.length / size) }, (_, i) =>
        printed.slice(i * size, (i + 1) * size),
      );
      const kept = thinned(every(3, pieces));
      expect(screenOf(kept)).toEqual(screenOf(printed));
      expect(await xtermOf(kept)).toEqual(await xtermOf(printed));
    }
  },
);

const number = fc.integer({ min: 1, max: 12 }).map(String);
const piece = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      "1%",
      "22%",
      "|##|",
      "ab ",
      "x1",
      "日",
      "⠋",
      "foo 3",
      "\x1b[31m1\x1b[0m",
      "\x1b[32m",
      "\x1b[m",
    ),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      "\r",
      "\n",
      "\b",
      "\b\b",
      "\b\b\b",
      "\x1b[2K",
      "\x1b[K",
      "\x1b[J",
      "\x1b[1G",
      "\x1b[?25l",
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(number, fc.constantFrom("A", "D", "F", "G", "A")).map(([n, final]) => `\x1b[${n}${final}`),
  },
  { weight: 1, arbitrary: fc.constantFrom("\x1b[2B", "\t", "\x1b[3X", "\x1b[2P", "\x1b]0;t\x07", "\x1b(B", "\x1b[1K") },
);
/** The same redraw again and again, as programs print them, with other things between. */
const redraw = fc.array(piece, { minLength: 1, maxLength: 6 }).chain((pieces) =>
  fc.array(
    fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 3, maxLength: 3 }).map((digits) => {
      let at = 0;
      return pieces.join("").replace(/\d(?=%)/g, () => String(digits[at++ % 3]));
    }),
    { minLength: 1, maxLength: 5 },
  ),
);

test("any output ends with its screen", () => {
  const reads = fc.array(fc.tuple(redraw, fc.constantFrom(0, 5, 100, 300)), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(reads, (all) => {
      const texts: Reads = all.map(([texts, afterMs]) => [texts.join(""), afterMs]);
      expect(screenOf(thinned(texts))).toEqual(screenOf(texts.map(([text]) => text).join("")));
    }),
    { numRuns: 600 },
  );
});
