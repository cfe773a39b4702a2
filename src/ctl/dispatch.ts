import { safeJson, safeText } from "../host/safe-text.ts";
import { UsageError } from "../wire/usage-error.ts";
import { type Command, CtlError, type Io } from "./command.ts";
import { meantWord } from "./meant-word.ts";

interface Program {
  readonly name: string;
  readonly version: () => string;
  /** Each is loaded when it is called: a person waits for every module. */
  readonly commands: Readonly<Record<string, () => Promise<Command>>>;
  /** For the overview: names of commands by what they are for. Those in none come first. */
  readonly groups?: Readonly<Record<string, readonly string[]>>;
}

/** What other programs call the same: kubectl, docker, git and Slurm. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  logs: "tail",
  list: "ls",
  ps: "ls",
  search: "grep",
  cat: "get",
  download: "get",
  status: "show",
  info: "show",
  exec: "run",
  cancel: "stop",
  kill: "stop",
  delete: "rm",
};

const EXIT = { done: 0, failed: 1, usage: 2 } as const;

/** Finds the command that `argv` names and runs it. Returns the exit code: 0 done, 1 failed, 2 wrong command line. */
export async function dispatch(program: Program, argv: readonly string[], io: Io): Promise<number> {
  const [name, ...args] = argv;
  if (name === "--version") {
    io.stdout.write(`${program.name} ${program.version()}\n`);
    return EXIT.done;
  }
  if (name === undefined) {
    io.stderr.write(await overview(program));
    return EXIT.usage;
  }
  const isHelp = name === "help" || isHelpOption(name);
  if (isHelp && args.length === 0) {
    io.stdout.write(await overview(program));
    return EXIT.done;
  }
  const wanted = isHelp ? (args[0] ?? "") : name;
  const load = Object.hasOwn(program.commands, wanted) ? program.commands[wanted] : undefined;
  if (load === undefined) {
    io.stderr.write(`${program.name}: there is no command ${safeJson(wanted)}${meant(program, wanted)}\n`);
    io.stderr.write(`\`${program.name} --help\` lists all\n`);
    return EXIT.usage;
  }
  const command = await load();
  // Behind -- stands another program's command line.
  const own = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  if (isHelp || own.some(isHelpOption)) {
    io.stdout.write(command.help);
    return EXIT.done;
  }
  try {
    const code = await command.run(args, io);
    return typeof code === "number" ? code : EXIT.done;
  } catch (error) {
    return report({ program, name, error, io, failureCode: command.failureCode });
  }
}

function isHelpOption(word: string): boolean {
  return word === "--help" || word === "-h";
}

function meant({ commands }: Program, word: string): string {
  const other = Object.hasOwn(ELSEWHERE, word) ? ELSEWHERE[word] : meantWord(word, Object.keys(commands));
  return other === undefined ? "" : `: did you mean ${other}?`;
}

function report(failure: {
  program: Program;
  name: string;
  error: unknown;
  io: Io;
  failureCode: number | undefined;
}): number {
  const { program, name, error, io, failureCode = EXIT.failed } = failure;
  const where = `${program.name} ${name}`;
  if (error instanceof UsageError || isParseArgsError(error)) {
    // parseArgs goes on with advice on operands that begin with a dash.
    const [message = ""] = error.message.split(". To specify a positional", 1);
    io.stderr.write(`${where}: ${safeText(message)}\nSee \`${where} --help\`\n`);
    return EXIT.usage;
  }
  if (error instanceof CtlError) {
    io.stderr.write(`${where}: ${safeText(error.message)}\n`);
    return failureCode;
  }
  throw error;
}

/** The error that `parseArgs` of node:util throws for an unknown option or a missing value. */
function isParseArgsError(error: unknown): error is Error {
  return error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS_");
}

async function overview({ name, commands, groups = {} }: Program): Promise<string> {
  const width = Math.max(...Object.keys(commands).map((command) => command.length));
  const loaded = await Promise.all(Object.entries(commands).map(async ([each, load]) => [each, await load()] as const));
  const lines = new Map(loaded.map(([each, { summary }]) => [each, `  ${each.padEnd(width)}  ${summary}\n`]));
  const grouped = Object.values(groups).flat();
  const others = Object.keys(commands).filter((each) => !grouped.includes(each));
  const parts = Object.entries({ "": others, ...groups }).flatMap(([title, names]) => {
    const rows = names.map((each) => lines.get(each) ?? "").join("");
    return rows === "" ? [] : [`${title === "" ? "" : `${title}:\n`}${rows}`];
  });
  return `Usage: ${name} COMMAND [options]\n\n${parts.join("\n")}\n\`${name} COMMAND --help\` shows its options.\n`;
}
