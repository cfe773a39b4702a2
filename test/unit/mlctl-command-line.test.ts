import { expect, test } from "vitest";
import { describedCommand } from "../../src/ctl/described-command.ts";
import { dispatch } from "../../src/ctl/dispatch.ts";
import { meantWord } from "../../src/ctl/meant-word.ts";

const tail = describedCommand(
  {
    name: "tail",
    summary: "show lines",
    operands: "[ID]",
    operandCount: [0, 9],
    about: "Shows lines.",
    options: {
      follow: { short: "f", help: "go on" },
      lines: { short: "n", value: "N", help: "so many" },
      since: { value: "TIME", help: "from then on" },
    },
  },
  async (options, io) => {
    io.stdout.write(JSON.stringify([options.has("follow"), options.text("lines"), options.text("since")]));
    io.stdout.write(JSON.stringify(options.operands));
    return 0;
  },
);

const grep = describedCommand(
  {
    ...{ name: "grep", summary: "find text", operands: "PATTERN", operandCount: [1, 1], takesText: true },
    about: "Finds text.",
    options: { follow: { short: "f", help: "go on" } },
  },
  async () => 0,
);

async function mlctl(...argv: string[]) {
  const printed = { out: "", err: "" };
  const program = {
    name: "mlctl",
    version: () => "1",
    commands: { tail: async () => tail, ls: async () => tail, grep: async () => grep },
  };
  const code = await dispatch(program, argv, {
    stdout: { write: (text) => (printed.out += String(text)) },
    stderr: { write: (text) => (printed.err += String(text)) },
    cwd: "/",
  });
  return { code, ...printed };
}

test.each([
  ["a command", ["tial"], 'mlctl: there is no command "tial": did you mean tail?\n`mlctl --help` lists all\n'],
  [
    "a command of kubectl",
    ["logs"],
    'mlctl: there is no command "logs": did you mean tail?\n`mlctl --help` lists all\n',
  ],
  ["what is no command", ["frobnicate"], 'mlctl: there is no command "frobnicate"\n`mlctl --help` lists all\n'],
  ["an option", ["tail", "--folow"], "there is no option --folow: did you mean --follow?"],
  ["the beginning of an option", ["tail", "--li", "3"], "there is no option --li: did you mean --lines?"],
  ["a letter", ["tail", "-fq"], "there is no option -q\n"],
  ["text that looks like options", ["grep", "-foo"], "there is no option -o; if -foo is the text: -- -foo\n"],
  ["text like an option", ["grep", "--folow"], "did you mean --follow? if --folow is the text: -- --folow\n"],
  ["an option without its value", ["tail", "-n"], "-n: N is missing\n"],
  [
    "an option in the place of a value",
    ["tail", "--lines", "--follow"],
    "--lines: N is missing before --follow; if it is meant: --lines=--follow",
  ],
  ["a value too many", ["tail", "--follow=yes"], '--follow takes no value, got "yes"\n'],
])("%s that is mistyped is named, with what was meant", async (_, argv, message) => {
  const { code, out, err } = await mlctl(...argv);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toContain(message);
});

test("options and operands in any order, values that begin with a dash, and what follows --", async () => {
  const { out } = await mlctl("tail", "a", "-fn3", "--since", "-2h", "b", "--", "--help", "-x");
  expect(out).toBe('[true,"3","-2h"]["a","b","--help","-x"]');
});

test("help has several names, of mlctl and of each command", async () => {
  const overview = await mlctl("--help");
  expect(overview.out).toContain("  tail  show lines\n");
  expect([await mlctl("-h"), await mlctl("help")]).toEqual([overview, overview]);
  const one = await mlctl("tail", "--help");
  expect(one).toMatchObject({ code: 0, out: expect.stringContaining("Usage: mlctl tail [options] [ID]") });
  expect([await mlctl("tail", "-h"), await mlctl("help", "tail")]).toEqual([one, one]);
  expect(await mlctl("help", "tial")).toMatchObject({ code: 2, err: expect.stringContaining("did you mean tail?") });
});

test("the overview has groups; commands without one come first", async () => {
  let out = "";
  const commands = { tail: async () => tail, ls: async () => tail, pki: async () => tail };
  const program = { name: "mlctl", version: () => "1", commands, groups: { Reading: ["ls", "tail"], Nothing: [] } };
  const stdout = { write: (text: string | Uint8Array) => (out += String(text)) };
  await dispatch(program, ["--help"], { stdout, stderr: stdout, cwd: "/" });
  expect(out).toContain("\n\n  pki   show lines\n\nReading:\n  ls    show lines\n  tail  show lines\n\n`mlctl");
});

test.each([
  ["swapped", "fodl", "fold"],
  ["missing", "unshre", "unshare"],
  ["doubled", "tookens", "tokens"],
  ["two in a long word", "contniuue", "continue"],
  ["only the beginning", "dep", "deploy"],
  ["another word", "frobnicate", undefined],
  ["a letter", "x", undefined],
])("a word with a mistake: %s", (_, word, meant) => {
  const known = ["ls", "rm", "fold", "get", "put", "tokens", "share", "unshare", "continue", "deploy", "diff"];
  expect(meantWord(word, known)).toBe(meant);
});
