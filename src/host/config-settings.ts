import { asRecord, type UnknownRecord } from "../wire/record.ts";
import type { Field } from "./config-fields.ts";

/** A text from the command line, or true for an option without a value. */
type Flags = ReadonlyMap<string, string | boolean>;

/**
 * Settings from flags and from a file; flags win. Remembers every key taken, so that all unknown keys and all wrong
 * values are reported at once.
 */
export class Settings {
  readonly #flags: Flags;
  readonly #file: UnknownRecord;
  readonly #fileName: string;
  readonly #asked = new Set<string>();
  readonly #problems: string[] = [];

  constructor(flags: Flags, file: UnknownRecord, fileName: string) {
    this.#flags = flags;
    this.#file = file;
    this.#fileName = fileName;
  }

  /** The setting, or the fallback if it is missing or wrong. */
  take<T, D>(key: string, field: Field<T>, fallback: D): T | D {
    this.#asked.add(key);
    const flag = this.#flags.get(key);
    const value = flag ?? this.#file[key];
    // An empty text turns off a setting that is off by default.
    if (value === undefined || (value === "" && fallback === undefined)) return fallback;
    return this.check(flag === undefined ? `${this.#fileName}: ${key}` : `--${key}`, value, field) ?? fallback;
  }

  /** Entries of a table in the file, each with its place for complaints. */
  table(key: string): { name: string; value: unknown; where: string }[] {
    this.#asked.add(key);
    const value = this.#file[key];
    if (value === undefined) return [];
    const table = asRecord(value);
    if (table === undefined) this.complain(`${this.#fileName}: ${key}: expected a table, [${key}]`);
    return Object.entries(table ?? {}).map(([name, entry]) => ({
      name,
      value: entry,
      where: `${this.#fileName}: ${key}.${name}`,
    }));
  }

  check<T>(where: string, value: unknown, field: Field<T>): T | undefined {
    const parsed = field.parse(value);
    if (parsed === undefined) this.complain(`${where}: expected ${field.expected}, got ${shown(value)}`);
    return parsed;
  }

  complain(problem: string): void {
    this.#problems.push(problem);
  }

  /** All complaints so far. */
  wrong(): readonly string[] {
    return this.#problems;
  }

  /** Keys and flags that match no setting. */
  unknown(): readonly string[] {
    const flags = [...this.#flags.keys()]
      .filter((key) => !this.#asked.has(key))
      .map((key) => `--${key}: unknown option`);
    const keys = Object.keys(this.#file).filter((key) => !this.#asked.has(key));
    return [...flags, ...keys.map((key) => `${this.#fileName}: ${key}: unknown key`)];
  }
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}
