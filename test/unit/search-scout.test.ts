import { expect, test } from "vitest";
import { LineRuns } from "../../src/search/line-runs.ts";
import { ScoutOutput } from "../../src/search/scout-output.ts";
import { scoutPattern } from "../../src/search/scout-pattern.ts";
import { parseSearchRequest } from "../../src/wire/search-request.ts";

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
