import { expect, test } from "vitest";
import { LineCursor, type Side, type TextBlock } from "../../src/store/merged/line-cursor.ts";

const LINES = ["a", "bcd", "ef", "", "ghijkl", "m"].map(
  (text, second) => `2026-11-20T04:17:0${second}.000000Z stdout F ${text}\n`,
);
const TEXT = Buffer.from(LINES.join(""));
const STARTS = LINES.map((_, line) => LINES.slice(0, line).join("").length);

/** The lines from a place on, and how often the text was read. */
async function linesFrom(
  side: Side,
  of: { at: number; firstBytes: number; known: TextBlock | undefined },
): Promise<{ lines: readonly string[]; reads: number }> {
  let reads = 0;
  const read = async (at: number, most: number): Promise<Buffer> => {
    reads += 1;
    return TEXT.subarray(at, at + most);
  };
  const cursor = new LineCursor(read, side, { ...of, nextBytes: 100 });
  const lines: string[] = [];
  for (;;) {
    let line = cursor.take();
    if (line === undefined) {
      await cursor.fill();
      line = cursor.take();
    }
    if (line === undefined) return { lines, reads };
    lines.push(`${line.at}-${line.end} ${line.bytes}`);
  }
}

test.each(["before", "after"] as const)("lines %s a place are the same, whatever is known around it", async (side) => {
  for (const at of [...STARTS, TEXT.length]) {
    const plain = await linesFrom(side, { at, firstBytes: 60, known: undefined });
    const wanted = STARTS.filter((start) => (side === "before" ? start < at : start >= at));
    expect(plain.lines.map((line) => Number.parseInt(line, 10))).toEqual(side === "before" ? wanted.reverse() : wanted);
    for (let from = 0; from <= TEXT.length; from += 7) {
      for (let to = from; to <= TEXT.length; to += 11) {
        const known = { at: from, data: TEXT.subarray(from, to) };
        expect((await linesFrom(side, { at, firstBytes: 60, known })).lines).toEqual(plain.lines);
      }
    }
  }
});

test("known lines are not read again", async () => {
  const at = STARTS[3] ?? 0;
  for (const side of ["before", "after"] as const) {
    const of = { at, firstBytes: TEXT.length };
    const [plain, known] = [
      await linesFrom(side, { ...of, known: undefined }),
      await linesFrom(side, { ...of, known: { at: 0, data: TEXT } }),
    ];
    expect(known.reads).toBeLessThan(plain.reads);
  }
});
