import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { regexProblem } from "../../src/search/regex-problem.ts";

/** Expressions that this machine's ripgrep refuses: what is wrong, and at which character. */
const REFUSED = [
  ["foo(", "regex-unclosed-group", 4],
  ["a)b", "regex-unopened-group", 2],
  ["é[a", "regex-unclosed-character-class", 2],
  ["[z-a]", "regex-invalid-character-class-range", 2],
  ["[\\d-z]", "regex-invalid-range-boundary", 2],
  ["[\\b]", "regex-invalid-escape-sequence-found-in-character-class", 2],
  ["*a", "regex-repetition-operator-missing-expression", 1],
  ["a{2,1}", "regex-invalid-repetition-count-range", 2],
  ["a{2", "regex-unclosed-counted-repetition", 2],
  ["a{b}", "regex-repetition-quantifier-expects-a-valid-decimal", 3],
  ["\\q", "regex-unrecognized-escape-sequence", 1],
  ["a\\", "regex-incomplete-escape-sequence", 2],
  ["\\x{}", "regex-hexadecimal-literal-empty", 3],
  ["\\xzz", "regex-invalid-hexadecimal-digit", 3],
  ["\\x{110000}", "regex-hexadecimal-literal-is-not-a-unicode-scalar-value", 4],
  ["(?=a)", "regex-look-around", 1],
  ["(a)\\1", "regex-backreferences-are-not-supported", 4],
  ["(?P<n", "regex-unclosed-capture-group-name", 6],
  ["(?P<>a)", "regex-empty-capture-group-name", 5],
  ["(?P<n>a)(?P<n>b)", "regex-duplicate-capture-group-name", 13],
  ["(?P<1>a)", "regex-invalid-capture-group-character", 5],
  ["(?z)", "regex-unrecognized-flag", 3],
  ["(?ixi)", "regex-duplicate-flag", 5],
  ["(?i-)", "regex-dangling-flag-negation-operator", 4],
  ["(?-i-s)", "regex-flag-negation-operator-repeated", 5],
  ["(?i", "regex-expected-flag-but-got-end-of-regex", 4],
  ["\\p{Foo}", "regex-unicode-property-not-found", 1],
  ["\\p{Script=Foo}", "regex-unicode-property-value-not-found", 1],
  ["(?-u)\\p{Letter}", "regex-unicode-not-allowed-here", 6],
  [`${"(".repeat(300)}a${")".repeat(300)}`, "regex-exceed-the-maximum-number-of-nested-parentheses-brackets", 251],
] as const;

test.each(REFUSED)("ripgrep refuses %s: %s", (pattern, is, at) => {
  const { stderr } = spawnSync("rg", ["--regexp", pattern, "-"], { input: "", encoding: "utf8" });
  expect({ said: stderr, ...regexProblem(stderr, pattern).named }).toMatchObject({ is, values: { at } });
});

test("a newer ripgrep's own group around the expression is not counted", () => {
  const said = "rg: regex parse error:\n    (?:foo()\n          ^\nerror: unclosed group";
  expect(regexProblem(said, "foo(").named).toEqual({ is: "regex-unclosed-group", values: { at: 4 } });
});

test("an expression that grows too large says the limit; what has no name stays as ripgrep says it", () => {
  expect(regexProblem("Compiled regex exceeds size limit of 16777216 bytes.", "x").named).toEqual({
    is: "regex-too-large",
    values: { limit: 16_777_216 },
  });
  expect(regexProblem("ripgrep ended with 3", "x").message).toBe("ripgrep ended with 3");
});
