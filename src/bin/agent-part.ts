import { readFileSync } from "node:fs";
import { type AgentConfig, parseAgentConfig } from "../agent/config.ts";
import { safeText } from "../host/safe-text.ts";
import { asRecord, parseJson } from "../wire/record.ts";

const DEFAULT_CONFIG = "/etc/marcologger/agent.toml";
const USAGE_CODE = 2;

/** The installation: this file is dist/src/bin/agent-part.js in it. */
const INSTALLATION = new URL("../../../", import.meta.url);

/** What both halves of the agent are called with: `--config FILE`, `--help`, `--version`. */
export function agentCommandLine(
  program: { readonly name: string; readonly help: string },
  argv: readonly string[],
): { readonly config: AgentConfig; readonly file: string } {
  const [option, value, ...more] = argv;
  if (option === "--help" && value === undefined) end(program.help, 0);
  if (option === "--version" && value === undefined) end(`${program.name} ${agentVersion()}\n`, 0);
  const isKnown = option === undefined || (option === "--config" && value !== undefined && more.length === 0);
  if (!isKnown)
    fail(program.name, [`unexpected ${safeText(argv.join(" "))}; ${program.name} --help shows the options`]);
  const file = value ?? DEFAULT_CONFIG;
  const config = readConfig(file);
  if ("problems" in config)
    return fail(
      program.name,
      config.problems.map((problem) => `${file}: ${safeText(problem)}`),
    );
  return { config, file };
}

export function agentVersion(): string {
  const text = readFileSync(new URL("package.json", INSTALLATION), "utf8");
  return String(asRecord(parseJson(text))?.["version"]);
}

function readConfig(file: string): AgentConfig | { readonly problems: readonly string[] } {
  try {
    return parseAgentConfig(readFileSync(file, "utf8"));
  } catch (error) {
    return { problems: [error instanceof Error ? error.message : String(error)] };
  }
}

function fail(name: string, problems: readonly string[]): never {
  for (const problem of problems) process.stderr.write(`${name}: ${problem}\n`);
  return process.exit(USAGE_CODE);
}

function end(text: string, code: number): never {
  process.stdout.write(text);
  return process.exit(code);
}
