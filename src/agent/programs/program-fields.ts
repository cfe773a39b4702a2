/** A program of the node with its input. */
export interface Program {
  /** The path of the executable first. */
  readonly argv: readonly string[];
  /** `NAME=VALUE`, in addition to the usual environment. */
  readonly env: readonly string[];
  /** On its standard input. */
  readonly input: string;
}

/** Input of mlsupervise (`services/program.h`): NUL-terminated fields, then the program's own input. */
export function programFields({ argv, env, input }: Program): string {
  const fields = [...argv.map((word) => `arg=${word}`), ...env.map((one) => `env=${one}`), "end="];
  return `${fields.map((field) => `${field}\0`).join("")}${input}`;
}
