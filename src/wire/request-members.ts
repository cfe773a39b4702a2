import { type NamedProblem, problemWords } from "./named-problem.ts";
import { PROBLEMS, type ProblemName } from "./problems.ts";
import { asCount, asRecord, type UnknownRecord } from "./record.ts";
import { parseTime } from "./time.ts";

/** A fault in a member of a request, in words for the user. */
export class Problem extends Error {
  readonly named: NamedProblem & { readonly is: ProblemName };

  constructor(is: ProblemName, values: NamedProblem["values"] = {}) {
    super(problemWords(PROBLEMS[is], { values }));
    this.named = { is, values };
  }
}

/** The problem of an invalid body, in words and by name. */
export interface WrongBody {
  readonly problem: string;
  readonly named: NamedProblem;
}

/** What `parse` makes of a body, or the problem that it throws. */
export function parsedBody<T>(value: unknown, example: string, parse: (body: UnknownRecord) => T): T | WrongBody {
  try {
    const body = asRecord(value);
    if (body === undefined) throw new Problem("body", { example });
    return parse(body);
  } catch (error) {
    if (error instanceof Problem) return { problem: error.message, named: error.named };
    throw error;
  }
}

/** Without TextEncoder, which is not part of the language. */
export function utf8Bytes(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

export function shortText(value: unknown, name: string, maxCharacters: number): string | undefined {
  if (value === undefined || value === "") return undefined;
  if (typeof value !== "string") throw new Problem("text", { name });
  if (value.length > maxCharacters)
    throw new Problem("characters", { name, characters: value.length, limit: maxCharacters });
  return value;
}

export function known<T>(name: string, value: T | undefined): T {
  if (value === undefined) throw new Problem("unknown", { name });
  return value;
}

export function flag(body: UnknownRecord, name: string): boolean {
  const value = body[name] ?? false;
  if (typeof value !== "boolean") throw new Problem("flag", { name });
  return value;
}

export function word<T extends string>(body: UnknownRecord, name: string, words: readonly [T, ...T[]]): T {
  const value = body[name] ?? words[0];
  const found = words.find((each) => each === value);
  if (found === undefined) throw new Problem("word", { name, expected: words.join(", ") });
  return found;
}

export function time(body: UnknownRecord, name: string): string | undefined {
  const value = body[name];
  if (value === undefined) return undefined;
  const parsed = parseTime(value);
  if (parsed === undefined) throw new Problem("time", { name });
  return parsed;
}

export function count(
  body: UnknownRecord,
  name: string,
  { least, most, fallback }: { least: number; most: number; fallback: number },
): number {
  const value = body[name] === undefined ? fallback : asCount(body[name], least);
  if (value === undefined || value > most) throw new Problem("count", { name, least, most });
  return value;
}
