import { parseArgs } from "node:util";
import { UsageError } from "../wire/usage-error.ts";
import type { Command, Io } from "./command.ts";
import { meantWord } from "./meant-word.ts";
import { throughPager } from "./pager.ts";

/** One option: `--help`, the parser and the completion read the same description. */
export interface OptionDescription {
  readonly short?: string;
  /** What its value is called in the help; undefined: it takes none. */
  readonly value?: string;
  readonly help: string;
  readonly isRepeatable?: true;
  /** The values that it takes. */
  readonly choices?: readonly string[];
}

export interface CommandDescription {
  readonly name: string;
  readonly summary: string;
  /** What follows the options: `PATTERN [ID|JOB]`. */
  readonly operands: string;
  /** How many of them there may be. */
  readonly operandCount: readonly [least: number, most: number];
  /** One of several fixed operands. */
  readonly operandChoices?: readonly string[];
  /** An operand is text that may begin with a dash: the message about an unknown option explains how to pass it. */
  readonly takesText?: true;
  readonly about: string;
  readonly options: Readonly<Record<string, OptionDescription>>;
  /** Whether a person reads its output in a pager. */
  readonly isPaged?: (options: ParsedOptions) => boolean;
  /** Exit codes other than 0, 1 and 2 as usual. */
  readonly exitCodes?: string;
}

/** The options of one call. A name that the description lacks is a TypeError. */
export class ParsedOptions {
  readonly operands: readonly string[];
  readonly #described: CommandDescription;
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(
    described: CommandDescription,
    parsed: { readonly values: Readonly<Record<string, unknown>>; readonly positionals: readonly string[] },
  ) {
    this.#described = described;
    this.#values = parsed.values;
    this.operands = parsed.positionals;
  }

  has(name: string): boolean {
    return this.#valueOf(name) === true;
  }

  text(name: string): string | undefined {
    const value = this.#valueOf(name);
    const choices = this.#described.options[name]?.choices;
    if (typeof value !== "string") return undefined;
    if (choices !== undefined && !choices.includes(value))
      throw new UsageError(`--${name}: expected ${choices.join(", ")}, got ${JSON.stringify(value)}`);
    return value;
  }

  texts(name: string): readonly string[] {
    const value = this.#valueOf(name);
    return Array.isArray(value) ? value.map(String) : [];
  }

  count(name: string, { least, most, fallback }: { least: number; most: number; fallback: number }): number {
    const text = this.text(name);
    if (text === undefined) return fallback;
    const count = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (count >= least && count <= most) return count;
    throw new UsageError(`--${name}: expected a whole number from ${least} to ${most}, got ${JSON.stringify(text)}`);
  }

  #valueOf(name: string): unknown {
    if (!Object.hasOwn(this.#described.options, name)) throw new TypeError(`There is no option --${name}`);
    return this.#values[name];
  }
}

/** A command from its description. @param run resolves with the exit code; 0 if with nothing. */
export function describedCommand(
  description: CommandDescription,
  run: (options: ParsedOptions, io: Io) => Promise<number | undefined>,
): Command {
  return {
    summary: description.summary,
    help: helpOf(description),
    run: (args, io) => {
      const options = parse(description, args);
      const isPaged = description.isPaged?.(options) === true;
      return isPaged ? throughPager(io, (paged) => run(options, paged)) : run(options, io);
    },
  };
}

function parse(description: CommandDescription, args: readonly string[]): ParsedOptions {
  const entries = Object.entries(description.options).map(([name, { short, value, isRepeatable = false }]) => {
    const option = { type: value === undefined ? ("boolean" as const) : ("string" as const), multiple: isRepeatable };
    return [name, short === undefined ? option : { ...option, short }] as const;
  });
  const parsed = parseArgs({
    args: withJoinedValues(description, args),
    options: Object.fromEntries(entries),
    allowPositionals: true,
    // Its words on a mistake would be for programmers, and name no other option.
    strict: false,
    tokens: true,
  });
  for (const token of parsed.tokens)
    if (token.kind === "option") checkOption(description, { ...token, word: args[token.index] ?? token.rawName });
  const [least, most] = description.operandCount;
  const { length } = parsed.positionals;
  if (length < least || length > most) throw new UsageError(`expected ${description.operands || "no operand"}`);
  const { operandChoices } = description;
  const unknown = parsed.positionals.find((word) => operandChoices?.includes(word) === false);
  if (unknown !== undefined)
    throw new UsageError(`expected ${operandChoices?.join(", ")}, got ${JSON.stringify(unknown)}`);
  return new ParsedOptions(description, parsed);
}

interface OptionToken {
  readonly name: string;
  /** As typed: `-n`, `--lines`. */
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
  /** All that was typed: `-fn3`. */
  readonly word: string;
}

function checkOption({ options, takesText }: CommandDescription, token: OptionToken): void {
  const { name, rawName, value, inlineValue, word } = token;
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (option === undefined) {
    const meant = rawName.startsWith("--") ? meantWord(name, Object.keys(options)) : undefined;
    const guess = meant === undefined ? "" : `: did you mean --${meant}?`;
    const asText = takesText === true ? `${guess === "" ? ";" : ""} if ${word} is the text: -- ${word}` : "";
    throw new UsageError(`there is no option ${rawName}${guess}${asText}`);
  }
  if (option.value === undefined) {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value, got ${JSON.stringify(value)}`);
    return;
  }
  if (value === undefined) throw new UsageError(`${rawName}: ${option.value} is missing`);
  if (inlineValue === false && /^--./.test(value))
    throw new UsageError(`${rawName}: ${option.value} is missing before ${value}; if it is meant: --${name}=${value}`);
}

/** `--since -2h` as `--since=-2h`: so a value may begin with a dash, but not with two. */
function withJoinedValues({ options }: CommandDescription, args: readonly string[]): string[] {
  const joined: string[] = [];
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  for (const [at, word] of args.entries()) {
    const before = joined.at(-1) ?? "";
    const takesValue = before.startsWith("--") && options[before.slice(2)]?.value !== undefined;
    if (at < end && takesValue && /^-[^-]/.test(word)) joined.splice(-1, 1, `${before}=${word}`);
    else joined.push(word);
  }
  return joined;
}

function helpOf({ name, operands, about, options, exitCodes }: CommandDescription): string {
  const rows = Object.entries(options).map(([option, { short, value, help }]) => {
    const long = value === undefined ? `--${option}` : `--${option} ${value}`;
    return [`${short === undefined ? "    " : `-${short}, `}${long}`, help] as const;
  });
  const width = Math.max(0, ...rows.map(([left]) => left.length));
  const list = rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join("");
  const usage = ["mlctl", name, ...(rows.length === 0 ? [] : ["[options]"]), operands].join(" ").trimEnd();
  const codes = exitCodes === undefined ? "" : `\n${exitCodes}\n`;
  return `Usage: ${usage}\n\n${about}\n${list === "" ? "" : `\n${list}`}${codes}`;
}
