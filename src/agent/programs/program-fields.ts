/** A program of the node's, and what it gets. */
export interface Program {
  /** The path of the executable first. */
  readonly argv: readonly string[];
  /** `NAME=VALUE`, beside what every user's program has. */
  readonly env: readonly string[];
  /** On its standard input. */
  readonly input: string;
}

/** What mlsupervise reads (`services/program.h`): fields ended by NUL, then the program's own input. */
export function programFields({ argv, env, input }: Program): string {
  const fields = [...argv.map((word) => `arg=${word}`), ...env.map((one) => `env=${one}`), "end="];
  return `${fields.map((field) => `${field}\0`).join("")}${input}`;
}
