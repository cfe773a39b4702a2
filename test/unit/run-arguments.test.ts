import { describe, expect, test } from "vitest";
import { parseArguments } from "../../src/run/arguments.ts";
import { UsageError } from "../../src/wire/usage-error.ts";
import { OPTION_MISTAKES } from "../support/option-mistakes.ts";

const ID = "01JCABCDEFGHJKMNPQRSTVWXYZ";

describe("the command line", () => {
  test("without options is the command after --", () => {
    expect(parseArguments(["--", "ls", "--quiet", "--", "-l"])).toEqual({
      argv: ["ls", "--quiet", "--", "-l"],
      job: undefined,
      run: undefined,
      id: undefined,
      runDir: undefined,
      labels: {},
      quiet: false,
      raw: false,
      oneLineFrames: false,
      hideArgv: false,
      action: "run",
    });
  });

  test("takes every option, in both spellings of a value", () => {
    const words = [
      "--job",
      "j 1",
      "--run",
      "nightly/7",
      "--label=a=b=c",
      "--label",
      "d=",
      "--quiet",
      "--raw",
      "--one-line-frames",
      "--hide-argv",
    ];
    const asked = parseArguments([...words, "--run-dir=/r", "--id", ID, "--", "x"]);
    expect(asked).toEqual({
      argv: ["x"],
      job: "j 1",
      run: "nightly/7",
      id: ID,
      runDir: "/r",
      labels: { a: "b=c", d: "" },
      quiet: true,
      raw: true,
      oneLineFrames: true,
      hideArgv: true,
      action: "run",
    });
  });

  test.each([["--flush"], ["--help"], ["--version"]] as const)("needs no command for %s", (word) => {
    expect(parseArguments([word])).toMatchObject({ action: word.slice(2), argv: [] });
  });

  test.each([...OPTION_MISTAKES, [["--", ""], "no command after --"]] as const)("%j is refused", (words, message) => {
    expect(() => parseArguments(words)).toThrow(new UsageError(message));
  });
});
