import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type AnswerRow, isAnswerRows } from "../../wire/fleet/answer.ts";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import { isProgramName } from "../../wire/fleet/service-name.ts";
import { parseJson } from "../../wire/record.ts";
import { PROVIDERS } from "../ask/providers.ts";
import type { Program } from "../programs/program-fields.ts";
import type { Looked } from "../programs/program-runner.ts";
import { TrustedFile } from "../programs/trusted-file.ts";
import { programFault } from "../programs/trusted-program.ts";
import { type ArgumentSchema, argumentsFault, NO_ARGUMENTS, parseArgumentSchema } from "./argument-schema.ts";

interface ProvidersOptions {
  /** `providers.d`: executables, and for each a `NAME.toml` that describes its arguments. */
  readonly folder: string;
  /** `[program, ...args]` that answers with a built-in provider. */
  builtIn(name: string): readonly string[];
  run(program: Program): Promise<Looked>;
}

/** The asking user and the arguments. */
interface Asked {
  readonly user: string;
  readonly uid: number;
  readonly args: readonly string[];
}

type Rows =
  | { readonly rows: readonly AnswerRow[] }
  /** This machine lacks what the provider reads. */
  | { readonly why: "not-there"; readonly text: string }
  | { readonly why: "arguments" | "slow" | "unreadable" | "too-long"; readonly text: string };

/** Names of `providers.d` that are listed. */
const MAX_LISTED = FLEET_LIMITS.maxAnswerRows;

/**
 * Answers questions with programs that read and change nothing. They run as an unprivileged user, never as root and
 * never as the user who asks. A built-in provider overrides a program with the same name.
 */
export class Providers {
  readonly #options: ProvidersOptions;

  constructor(options: ProvidersOptions) {
    this.#options = options;
  }

  /** Undefined: the node has no such provider. */
  find(name: string): ((asked: Asked) => Promise<Rows>) | undefined {
    if (name === "providers") return async () => ({ rows: this.#list() });
    const maxArguments = PROVIDERS.get(name)?.maxArguments;
    if (maxArguments !== undefined) {
      return async ({ uid, args, user }) => {
        const takes = maxArguments === 0 ? "no argument" : `at most ${maxArguments} argument`;
        if (args.length > maxArguments) return { why: "arguments", text: `${name} takes ${takes}` };
        return this.#look([...this.#options.builtIn(name), String(uid), ...args], { user, isBuiltIn: true });
      };
    }
    const path = join(this.#options.folder, name);
    const fault = programFault(path, this.#options.folder);
    if (fault === undefined) return undefined;
    return async ({ args, user }) => {
      const schema = this.#schemaOf(path);
      const wrong = fault || (typeof schema === "string" ? schema : "");
      if (typeof schema === "string" || wrong !== "") return { why: "unreadable", text: wrong };
      const problem = argumentsFault(args, schema);
      if (problem !== undefined) return { why: "arguments", text: `${name}: ${problem}` };
      return this.#look([path, ...args], { user, isBuiltIn: false });
    };
  }

  async #look(
    argv: readonly string[],
    { user, isBuiltIn }: { readonly user: string; readonly isBuiltIn: boolean },
  ): Promise<Rows> {
    const looked = await this.#options.run({ argv, env: [`MARCOLOGGER_USER=${user}`], input: "" });
    if (looked.kind === "failed") return looked;
    const value = parseJson(looked.output);
    if (isBuiltIn && typeof value === "string") return { why: "not-there", text: value };
    const rows = Array.isArray(value) ? value : [value];
    if (isAnswerRows(rows)) return { rows };
    const { maxAnswerRows, maxAnswerColumns } = FLEET_LIMITS;
    const text = `It has not printed JSON of at most ${maxAnswerRows} objects with ${maxAnswerColumns} plain values each`;
    return { why: "unreadable", text };
  }

  #schemaOf(path: string): ArgumentSchema | string {
    return new TrustedFile(`${path}.toml`, (read) => {
      if ("fault" in read) return read.fault;
      const schema = read.text === "" ? NO_ARGUMENTS : parseArgumentSchema(read.text);
      return typeof schema === "string" ? `${path}.toml: ${schema}` : schema;
    }).read();
  }

  #list(): readonly AnswerRow[] {
    const built = [...PROVIDERS].map(([name, { summary, maxArguments }]) => ({
      name,
      arguments: maxArguments === 0 ? "" : "[NAME]",
      summary,
    }));
    const own = namesIn(this.#options.folder)
      .filter(
        (name) => isProgramName(name) && programFault(join(this.#options.folder, name), this.#options.folder) === "",
      )
      .map((name) => {
        const schema = this.#schemaOf(join(this.#options.folder, name));
        if (typeof schema === "string") return { name, arguments: "", summary: schema };
        return { name, arguments: schema.patterns.join(" "), summary: schema.summary };
      });
    const most = FLEET_LIMITS.maxTextCharacters;
    return [...built, ...own]
      .slice(0, MAX_LISTED)
      .map((row) => ({ ...row, arguments: row.arguments.slice(0, most), summary: row.summary.slice(0, most) }));
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  } catch {
    return [];
  }
}
