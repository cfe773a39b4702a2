import { expect, test } from "vitest";
import { maskArgv } from "../../src/run/mask-argv.ts";

const ALWAYS = { hidesAll: false, patterns: [] };

test.each([
  [
    ["mysql", "--password=geheim", "-u", "root"],
    ["mysql", "--password=***", "-u", "root"],
  ],
  [
    ["x", "--api-key", "abc", "--verbose"],
    ["x", "--api-key", "***", "--verbose"],
  ],
  [
    ["x", "--token", "--verbose"],
    ["x", "--token", "--verbose"],
  ],
  [
    ["env", "DB_PASSWORD=geheim", "HOME=/root", "a"],
    ["env", "DB_PASSWORD=***", "HOME=/root", "a"],
  ],
  [
    ["git", "clone", "https://me:geheim@example.org/x"],
    ["git", "clone", "https://me:***@example.org/x"],
  ],
  [
    ["git", "clone", "https://example.org:8443/a@b"],
    ["git", "clone", "https://example.org:8443/a@b"],
  ],
  [
    ["curl", "-H", "Authorization: Bearer abc.def"],
    ["curl", "-H", "Authorization: Bearer ***"],
  ],
  [
    ["x", `ghp_${"a".repeat(36)}`],
    ["x", "***"],
  ],
  [
    ["x", "xoxb-0123456789"],
    ["x", "***"],
  ],
  [
    ["x", `key:AKIA${"A".repeat(16)}`],
    ["x", "key:***"],
  ],
  [
    ["x", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc"],
    ["x", "***"],
  ],
  [
    ["train.py", "--tokenizer", "bert", "--max-tokens=5"],
    ["train.py", "--tokenizer", "bert", "--max-tokens=5"],
  ],
  [["/opt/token=1/run"], ["/opt/token=1/run"]],
])("shows %j as %j", (argv, shown) => {
  expect(maskArgv(argv, ALWAYS)).toEqual(shown);
});

test("masks what the site's patterns match", () => {
  expect(maskArgv(["x", "pin 1234", "12"], { hidesAll: false, patterns: [/\d{4}/g] })).toEqual(["x", "pin ***", "12"]);
});

test("--hide-argv leaves the command's name alone", () => {
  expect(maskArgv(["x", "a", "b"], { hidesAll: true, patterns: [] })).toEqual(["x", "***"]);
  expect(maskArgv(["x"], { hidesAll: true, patterns: [] })).toEqual(["x"]);
});
