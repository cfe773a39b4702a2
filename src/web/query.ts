import { badRequest } from "./http-error.ts";

/** Parameters of a request, each checked against its limit; a bad one is a 400 that names both. */
export class Query {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  /** The parameter's text; undefined if missing or empty. */
  text(name: string, maxCharacters: number): string | undefined {
    const value = this.#values[name];
    if (value === undefined || value === "") return undefined;
    if (typeof value !== "string") throw badRequest(`${name}: given twice, limit is once`);
    if (value.length <= maxCharacters) return value;
    throw badRequest(`${name}: ${value.length} characters, limit is ${maxCharacters}`);
  }

  count(name: string, { least, most, fallback }: { least: number; most: number; fallback: number }): number {
    const value = this.text(name, 100);
    if (value === undefined) return fallback;
    const count = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
    if (count >= least && count <= most) return count;
    throw badRequest(`${name}: expected a whole number from ${least} to ${most}, got ${JSON.stringify(value)}`);
  }

  /** @param parse Returns undefined for any word not among `expected`. */
  word<T>(name: string, expected: string, parse: (value: string) => T | undefined): T | undefined {
    const value = this.text(name, 100);
    if (value === undefined) return undefined;
    const word = parse(value);
    if (word === undefined) throw badRequest(`${name}: expected ${expected}, got ${JSON.stringify(value)}`);
    return word;
  }
}
