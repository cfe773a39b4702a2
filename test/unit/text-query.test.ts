import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatQuery } from "../../src/text/query/format-query.ts";
import { grepLine } from "../../src/text/query/grep-line.ts";
import { LineTerms } from "../../src/text/query/line-terms.ts";
import { mainPattern } from "../../src/text/query/main-pattern.ts";
import { parseQuery } from "../../src/text/query/parse-query.ts";
import type { Query, Term } from "../../src/text/query/query.ts";

const RUNS = { numRuns: 300, seed: 14 };
const SMART = { case: "smart", word: false } as const;

const word = (text: string): Term => ({ is: "text", text, isNot: false });
const not = (text: string): Term => ({ is: "text", text, isNot: true });
const regex = (text: string): Term => ({ is: "regex", text, isNot: false });

describe("the search field's language", () => {
  test.each<[typed: string, terms: readonly Term[], fields: Query["fields"]]>([
    ["", [], {}],
    ["  out of  memory ", [word("out"), word("of"), word("memory")], {}],
    ['"out of memory" -retry', [word("out of memory"), not("retry")], {}],
    ['-"a b" -/c d/ --x', [not("a b"), { is: "regex", text: "c d", isNot: true }, not("-x")], {}],
    ["/loss=\\d+\\.\\d/ nan", [regex("loss=\\d+\\.\\d"), word("nan")], {}],
    ["/a\\/b/", [regex("a/b")], {}],
    ["/var/log/x /etc", [word("/var/log/x"), word("/etc")], {}],
    ["http://a:80/b key:value - 5-3", [word("http://a:80/b"), word("key:value"), word("-"), word("5-3")], {}],
    ['"a\\"b\\\\c\\d"', [word('a"b\\c\\d')], {}],
    ["node:gpu[01-16] rank:3 oom", [word("oom")], { node: "gpu[01-16]", rank: "3" }],
    ["Stream:STDERR level:Warn state:failed", [], { stream: "stderr", level: "warn", state: "failed" }],
    ['since:-10m until:"Nov 28 18:00"', [], { since: "-10m", until: "Nov 28 18:00" }],
    ['node:a node:b "node:c"', [word("node:c")], { node: "b" }],
    ["größe NAÏVE", [word("größe"), word("NAÏVE")], {}],
  ])("reads %j", (typed, terms, fields) => {
    expect(parseQuery(typed)).toEqual({ terms, fields, problems: [] });
  });

  test.each([
    ["level:bad x", "level:bad is none of error, warn, info, debug"],
    ["stream:", "stream: needs a value: stdout, stderr"],
    ["since: x", "since: needs a value"],
    ['x "open', '" is not closed'],
  ])("says what it did not understand of %j, and keeps the rest", (typed, problem) => {
    const { problems, terms } = parseQuery(typed);
    expect(problems).toEqual([problem]);
    expect(terms.length).toBe(typed.includes("x") ? (typed.includes("open") ? 2 : 1) : 0);
  });

  test("reads any text, and what it writes means the same", () => {
    const typed = fc.oneof(
      fc.string({ maxLength: 40 }),
      fc
        .array(fc.constantFrom("-", '"', "/", "\\", " ", "a", "b/", "node:", "level:warn", "since:", "é", "🙂", "\t"), {
          maxLength: 12,
        })
        .map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(typed, (text) => {
        const { terms, fields } = parseQuery(text);
        // An expression that ends with a backslash can be typed only where it is not closed.
        if (terms.some((term) => term.is === "regex" && /(^|[^\\])(\\\\)*\\$/.test(term.text))) return;
        expect(parseQuery(formatQuery({ terms, fields }))).toEqual({ terms, fields, problems: [] });
      }),
      RUNS,
    );
  });

  test("writes any terms and fields so that it reads them again", () => {
    const value = fc.string({ minLength: 1, maxLength: 8 });
    const field = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 3 });
    const query = fc.record({
      terms: fc.array(fc.record({ is: fc.constant("text" as const), text: value, isNot: fc.boolean() }), {
        maxLength: 4,
      }),
      fields: fc.record({
        node: field(value),
        rank: field(value),
        stream: field(fc.constantFrom("stdout" as const, "stderr" as const)),
        level: field(fc.constantFrom("error" as const, "debug" as const)),
        since: field(value),
      }),
    });
    fc.assert(
      fc.property(query, (asked) => {
        const { node, rank, stream, level, since } = asked.fields;
        const entries = Object.entries({ node, rank, stream, level, since }).filter(([, each]) => each !== undefined);
        const { terms, fields, problems } = parseQuery(formatQuery(asked as Query));
        expect({ terms, fields, problems }).toEqual({
          terms: asked.terms,
          fields: Object.fromEntries(entries),
          problems: [],
        });
      }),
      RUNS,
    );
  });
});

describe("a query for ripgrep", () => {
  test.each([
    ["of memory", { pattern: "memory", regex: false, invert: false, also: [{ text: "of", isNot: false }] }],
    ["-b", { pattern: "b", regex: false, invert: true, also: [] }],
    ["-/b/ a", { pattern: "b", regex: true, invert: true, also: [{ text: "a", isNot: false }] }],
    ["", { pattern: "", regex: false, invert: false, also: [] }],
    ["café", { pattern: "caf\u00e9|cafe\u0301", regex: true, invert: false, also: [] }],
  ])("%j", (typed, expected) => {
    expect(mainPattern(parseQuery(typed), SMART)).toEqual({ ...SMART, ...expected });
  });

  test("takes one expression", () => {
    expect(mainPattern(parseQuery("/a/ /b/"), SMART)).toHaveProperty("problem");
  });

  test("is an mlctl command as well, each part one word of the shell", () => {
    const lineOf = (typed: string): string => {
      const parsed = parseQuery(typed);
      const main = mainPattern(parsed, SMART);
      return "problem" in main ? main.problem : grepLine(main, parsed.fields, { target: ["01JD"] });
    };
    expect(lineOf("memory of -retry level:error since:-10m rank:3")).toBe(
      "mlctl grep -i -F --and of --not retry --label=rank=3 --level=error --since=-10m memory 01JD",
    );
    expect(lineOf('"it\'s $HOME"')).toBe("mlctl grep -F 'it'\\''s $HOME' 01JD");
    expect(lineOf("/-x/")).toBe("mlctl grep -i -- -x 01JD");
  });
});

describe("terms of a line", () => {
  const accepts = (line: string, terms: readonly string[], options = {}): boolean =>
    new LineTerms({
      ...SMART,
      terms: terms.map((text) => ({ text: text.replace("-", ""), isNot: text.startsWith("-") })),
      ...options,
    }).accepts(line);

  test.each<[string, string[], object, boolean]>([
    ["Out of memory", ["memory", "out"], {}, true],
    ["Out of memory", ["memory", "-of"], {}, false],
    ["out of memory", ["Out"], {}, false],
    ["out of memory", ["Out"], { case: "ignore" }, true],
    ["Out of memory", ["out"], { case: "match" }, false],
    ["errors error_x", ["error"], { word: true }, false],
    ["errors (error)", ["error"], { word: true }, true],
    ["cafe\u0301", ["caf\u00e9"], {}, true],
    ["ERROR: x", [], { level: "warn" }, true],
    ["info: x", [], { level: "warn" }, false],
    ["x", [], { level: "debug" }, false],
  ])("%j, %j, %j", (line, terms, options, isAccepted) => {
    expect(accepts(line, terms, options)).toBe(isAccepted);
  });
});
