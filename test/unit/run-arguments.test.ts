import { describe, expect, test } from "vitest";
import { parseArguments } from "../../src/run/arguments.ts";
import { UsageError } from "../../src/wire/usage-error.ts";

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

  test.each([
    [[], "no command after --"],
    [["--"], "no command after --"],
    [["--", ""], "no command after --"],
    [["ls"], 'unexpected "ls"; the command goes after --'],
    [["-q", "--", "ls"], 'unexpected "-q"; the command goes after --'],
    [["--nope", "--", "ls"], "unknown option --nope"],
    [["--quiet=yes", "--", "ls"], "--quiet takes no value"],
    [["--job"], "--job takes a value"],
    [["--job", "", "--", "ls"], "--job takes 1 to 128 characters"],
    [["--job", "j".repeat(129), "--", "ls"], "--job takes 1 to 128 characters"],
    [
      ["--run", "a b", "--", "ls"],
      "--run takes 1 to 64 letters, digits and . _ : @ + = , / [ ] -, first a letter or digit",
    ],
    [
      ["--id", ID.toLowerCase(), "--", "ls"],
      `--id takes a ULID (26 characters, upper case), not "${ID.toLowerCase()}"`,
    ],
    [["--label", "a", "--", "ls"], '--label takes KEY=VALUE, not "a"'],
    [["--label", "=a", "--", "ls"], "--label takes a key of 1 to 64 and a value of at most 256 characters"],
    [
      ["--label", `a=${"b".repeat(257)}`, "--", "ls"],
      "--label takes a key of 1 to 64 and a value of at most 256 characters",
    ],
    [[...Array.from({ length: 33 }, (_, at) => `--label=l${at}=`), "--", "ls"], "at most 32 labels"],
    [
      [...Array.from({ length: 30 }, (_, at) => `--label=l${at}=${"v".repeat(200)}`), "--", "ls"],
      "--label takes at most 3500 bytes in all",
    ],
    [["--flush", "--", "ls"], "--flush takes no command"],
  ])("%j is refused", (words, message) => {
    expect(() => parseArguments(words)).toThrow(new UsageError(message));
  });
});
