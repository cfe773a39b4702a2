import { safeJson, safeText } from "../host/safe-text.ts";
import { UsageError } from "../wire/usage-error.ts";
import { type Command, CtlError, type Io } from "./command.ts";

interface Program {
  readonly name: string;
  readonly version: () => string;
  /** Each is loaded when it is called: a person waits for every module. */
  readonly commands: Readonly<Record<string, () => Promise<Command>>>;
}

const EXIT = { done: 0, failed: 1, usage: 2 } as const;

/** Finds the command that `argv` names and runs it. Returns the exit code: 0 done, 1 failed, 2 wrong command line. */
export async function dispatch(program: Program, argv: readonly string[], io: Io): Promise<number> {
  const [name, ...args] = argv;
  if (name === "--version") {
    io.stdout.write(`${program.name} ${program.version()}\n`);
    return EXIT.done;
  }
  if (name === "--help" || name === "help" || name === undefined) {
    io[name === undefined ? "stderr" : "stdout"].write(await overview(program));
    return name === undefined ? EXIT.usage : EXIT.done;
  }
  const load = Object.hasOwn(program.commands, name) ? program.commands[name] : undefined;
  if (load === undefined) {
    io.stderr.write(`${program.name}: there is no command ${safeJson(name)}\n\n${await overview(program)}`);
    return EXIT.usage;
  }
  const command = await load();
  if (args.includes("--help")) {
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
    io.stderr.write(`${where}: ${safeText(error.message)}\nSee \`${where} --help\`\n`);
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

async function overview({ name, commands }: Program): Promise<string> {
  const width = Math.max(...Object.keys(commands).map((command) => command.length));
  const loaded = await Promise.all(Object.entries(commands).map(async ([each, load]) => [each, await load()] as const));
  const lines = loaded.map(([command, { summary }]) => `  ${command.padEnd(width)}  ${summary}`);
  return `Usage: ${name} COMMAND [options]\n\n${lines.join("\n")}\n\n\`${name} COMMAND --help\` shows its options.\n`;
}
