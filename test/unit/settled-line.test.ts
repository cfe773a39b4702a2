import { expect, test } from "vitest";
import { settledLine } from "../../src/text/screen/settled-line.ts";

const GREEN = "\u001b[32m";
const PLAIN = "\u001b[0m";

test.each([
  ["what goes forward only stays as it is", `${GREEN}ok${PLAIN}\t7\r`, `${GREEN}ok${PLAIN}\t7\r`],
  ["a bar", "\r 10 %|#   |\r 50 %|##  |\r100 %|####|", "100 %|####|"],
  ["a shorter state leaves what it does not cover", "abcdef\rxyz", "xyzdef"],
  ["a row that is erased", "loading\r\u001b[Kdone", "done"],
  ["what erases without a carriage return stays as it is", "seen\u001b[2K", "seen\u001b[2K"],
  ["a bar that removes itself", " 99 %|### |\r\u001b[K", ""],
  ["a spinner of backspaces", "wait |\b/\b-\b\\", "wait \\"],
  ["colours of the last state", `\r${GREEN}50${PLAIN} %\r${GREEN}99${PLAIN} %`, `\u001b[38;5;2m99${PLAIN} %`],
])("%s", (_, printed, shown) => {
  expect(settledLine(printed)).toBe(shown);
});
