import { asRecord } from "./record.ts";

/** A problem by its name in `PROBLEMS`, or one that only a newer version knows, and the values for its words. */
export interface NamedProblem {
  readonly is: string;
  readonly values: Readonly<Record<string, string | number>>;
}

/** The words with each `{name}` replaced by its value. A name without a value stays, since `{x}` may be literal. */
export function problemWords(words: string, { values }: Pick<NamedProblem, "values">): string {
  return words.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? `${values[name]}` : whole,
  );
}

export function parseNamedProblem(value: unknown): NamedProblem | undefined {
  const { is, values } = asRecord(value) ?? {};
  if (typeof is !== "string") return undefined;
  const entries = Object.entries(asRecord(values) ?? {});
  return {
    is,
    values: Object.fromEntries(entries.filter((entry): entry is [string, string | number] => isPlain(entry[1]))),
  };
}

function isPlain(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}
