import { closeSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { blocksOf, openPatterns } from "../../src/search/blocks-of.ts";
import { type EpochSizes, SEARCH_LIMITS } from "../../src/search/limits.ts";
import { LineRuns } from "../../src/search/line-runs.ts";
import type { Scout } from "../../src/search/scout.ts";
import { ScoutOutput } from "../../src/search/scout-output.ts";
import { scoutPattern } from "../../src/search/scout-pattern.ts";
import { parseSearchRequest } from "../../src/wire/search-request.ts";
import { tempFolder } from "../support/temp-folder.ts";

function scouted(pattern: string, more: object = { regex: true }): string | undefined {
  const request = parseSearchRequest({ what: { all: true }, pattern, ...more });
  if ("problem" in request) throw new Error(request.problem);
  return scoutPattern(request);
}

test.each([
  "a^b",
  "^a",
  "a$",
  "[$]",
  "\\Aa",
  "a\\z",
  "(^|x)a",
  "\\[^a]",
  "\\\\[a]^",
  "(?m)a",
  "(?x)a # [\n^".replace("\n", ""),
  "(?s-m:a)",
  "x(?m:^)a",
])("does not look for %s in stored lines, whose heads stand before the text", (pattern) => {
  expect(scouted(pattern)).toBeUndefined();
});

test.each(["a.b", "[^a]b", "\\^a", "\\$5", "\\bword\\B", "(?i)a", "(?-u:\\xff)", "(?:a|b)+", "(?P<name>a)", "a??"])(
  "looks for %s in stored lines, and for pieces",
  (pattern) => {
    expect(scouted(pattern)).toBe(`(?:${pattern})|[rt] P `);
  },
);

test("looks for text as it is, and for nothing where lines without it, or around it, are wanted", () => {
  expect(scouted("5$ ^", {})).toBe("(?:5\\$ \\^)|[rt] P ");
  expect(scouted("word", { word: true })).toBe("(?:\\b(?:word)\\b)|[rt] P ");
  for (const more of [{ invert: true }, { before: 1 }, { after: 1 }]) expect(scouted("text", more)).toBeUndefined();
  expect(scouted("")).toBeUndefined();
  expect(scouted("word", { regex: true, word: true })).toBeUndefined();
});

test("knows the number of each line, asked for in any order, also when it serves again", () => {
  const runs = new LineRuns();
  for (const last of [600, 5]) {
    runs.clear();
    for (let at = 0; at < last; at += 1) if (at % 3 < 2) runs.add(at, 1 + (at % 2), 10 * at);
    for (const at of [0, last - 1, 0, 1, last - 1, last - 2, 2, 4, 3]) {
      const start = at % 3 < 2 ? at : at - 1;
      expect(runs.of(at)).toEqual({ execution: 1 + (start % 2), n: 10 * start + at - start });
    }
  }
});

const LINES = ["2026-11-20T04:17:44.960662Z stdout F a: b\n", "2026-11-20T04:17:44.960662Z stderr P \n"] as const;

test("reads what ripgrep prints, wherever it is cut", () => {
  const output = Buffer.from(`3:120:${LINES[0]}17:4096:${LINES[1]}`);
  for (let cut = 0; cut <= output.length; cut += 1) {
    const parser = new ScoutOutput(1_000);
    const parts = [parser.push(output.subarray(0, cut)), parser.push(output.subarray(cut))];
    expect(parts.flatMap(({ numbers }) => numbers)).toEqual([3, 17]);
    expect(parts.flatMap(({ places }) => places)).toEqual([120, 4096]);
    const lines = parts.flatMap(({ cri, starts }) =>
      starts.map((from, i) => cri.toString("utf8", from, starts[i + 1])),
    );
    expect(lines).toEqual(LINES);
    expect(parser.isBroken).toBe(false);
  }
});

test.each(["a line\n", "3:\n", ":3:x\n", "3:x:y\n", `1:2:${"x".repeat(1_001)}`])("does not believe %j", (output) => {
  const parser = new ScoutOutput(1_000);
  parser.push(Buffer.from(output));
  expect(parser.isBroken).toBe(true);
});

/** Reads the first lines of a log in which every eleventh line has the text, behind a scout where it is worth one. */
async function readFirst(lines: number, sizes: Partial<EpochSizes> = {}) {
  const line = (n: number) => `2026-11-20T04:17:44.960662Z stdout F ${n % 11 === 0 ? "needle" : "other"} ${n}\n`;
  const log = Array.from({ length: 100_000 }, (_, i) => line(i + 1));
  const path = join(await tempFolder(), "log");
  writeFileSync(path, log.join(""));
  const request = parseSearchRequest({ what: { all: true }, pattern: "needle" });
  if ("problem" in request) throw new Error(request.problem);
  const [fd, patterns] = [openSync(path, "r"), openPatterns(request)];
  const bytes = Buffer.byteLength(log.slice(0, lines).join(""));
  const scouts: Scout[] = [];
  const numbers: number[] = [];
  let read = 0;
  const blocks = blocksOf(
    { fd, at: 0, bytes, n: 1 },
    {
      ...{ request, patterns, space: { buffer: Buffer.alloc(0) } },
      sizes: { ...SEARCH_LIMITS, scoutFromBytes: 1_000, ...sizes },
      isOpen: () => false,
      onScout: (scout) => void scouts.push(scout),
    },
  );
  for await (const block of blocks) {
    read += block.bytes ?? block.cri.length;
    numbers.push(...(block.numbers ?? []));
  }
  for (const each of [fd, patterns.patternFd, patterns.scoutFd]) if (each !== undefined) closeSync(each);
  return { scouts, numbers, isRead: read === bytes };
}

test.each([
  ["one pass", {}],
  ["two passes", { scoutTwiceFromBytes: 1_000 }],
])("a scout of %s reads no further than the piece", async (_, sizes) => {
  const lines = 60_000;
  const { scouts, numbers, isRead } = await readFirst(lines, sizes);
  expect(numbers.length).toBe(Math.floor(lines / 11));
  expect([isRead, scouts.some((scout) => scout.hasFailed)]).toEqual([true, false]);
  // What a pipe and a chunk hold is named as well, not the 3,600 that follow.
  expect(scouts.at(-1)?.named).toBeLessThan(8_000);
});

test("no scout reads a file of which the piece is a small part", async () => {
  const { scouts, isRead } = await readFirst(10_000);
  expect([scouts.length, isRead]).toEqual([0, true]);
});
