import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isAtLeast, LEVELS, type Level, levelHint, levelOf } from "../../src/text/level/level-of.ts";

const LINES: readonly (readonly [string, Level | undefined])[] = [
  ["2026-11-30 14:05:02,123 ERROR worker: out of memory", "error"],
  ["\x1b[31mERROR\x1b[0m cannot open", "error"],
  ["[error] 12#0: *1 open() failed", "error"],
  ["error: could not compile", "error"],
  ["main.c:3:5: warning: unused variable", "warn"],
  ["npm ERR! code E404", "error"],
  ["WARNING:root:low", "warn"],
  ["/x.py:1: UserWarning: deprecated", "warn"],
  ["ValueError: invalid literal", "error"],
  ["java.lang.IllegalStateException: no", "error"],
  ["Traceback (most recent call last):", "error"],
  ['{"time":"t","level":"warn","msg":"ERROR in a text"}', "warn"],
  ['{"level":50,"time":1,"msg":"x"}', "error"],
  ['{"severity": "Info"}', "info"],
  ["time=t level=debug msg=x", "debug"],
  ["E1130 14:05:02.123456 12 x.cc:3] gone", "error"],
  ["I1130 14:05:02.123456 12 x.cc:3] fine", "info"],
  ["<warn> disk", "warn"],
  ["INFO started", "info"],
  ["step 12 loss=0.3", undefined],
  ["Error opening /dev/x", "error"],
  ["0 errors, no error at all", undefined],
  ["--error-limit 3", undefined],
  ["the information desk: INFORMATION", undefined],
  ["", undefined],
  [`${" x".repeat(200)} ERROR`, undefined],
];

describe("the level of a line", () => {
  test.each(LINES)("of %j is %s", (line, level) => {
    expect(levelOf(line)).toBe(level);
  });

  test.each(LINES.filter(([, level]) => level !== undefined))(
    "%j is among the lines that the hint finds",
    (line, level) => {
      for (const least of LEVELS) {
        if (isAtLeast(level, least)) expect(new RegExp(levelHint(least), "i").test(line)).toBe(true);
      }
    },
  );

  test("has the hint in any line that has a level", () => {
    const parts = [
      "ERROR",
      "error:",
      "[warn]",
      "level=",
      '"level":',
      "40",
      "50",
      "info",
      " ",
      "E1130 10:00",
      "Foo",
      "Error",
      ":",
    ];
    const line = fc.array(fc.constantFrom(...parts), { maxLength: 6 }).map((each) => each.join(""));
    fc.assert(
      fc.property(line, (text) => {
        const level = levelOf(text);
        for (const least of LEVELS) {
          if (isAtLeast(level, least)) expect(new RegExp(levelHint(least), "i").test(text)).toBe(true);
        }
      }),
      { numRuns: 500, seed: 14 },
    );
  });
});
