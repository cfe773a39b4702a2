import { runInNewContext } from "node:vm";
import { asCount, asRecord } from "../../wire/record.ts";
import { tomlRecord } from "../programs/toml-record.ts";

/** Arguments that a provider of this node accepts: `NAME.toml` beside its program. */
export interface ArgumentSchema {
  /** One line of help. */
  readonly summary: string;
  /** A regular expression for the whole of each argument. */
  readonly patterns: readonly string[];
  /** How many trailing arguments are optional. */
  readonly optional: number;
}

export const NO_ARGUMENTS: ArgumentSchema = { summary: "", patterns: [], optional: 0 };

const KEYS = ["summary", "arguments", "optional"];
const MAX_ARGUMENTS = 16;
const MAX_CHARACTERS = 200;
/**
 * The processor's time for all arguments of a question. The administrator writes the expressions and a user the texts: some
 * pairs take for ever, and nothing else happens here meanwhile.
 */
const MATCH_WITHIN_MS = 50;

/** Parses NAME.toml. A string is an error message. */
export function parseArgumentSchema(text: string): ArgumentSchema | string {
  const record = tomlRecord(text, KEYS);
  if (typeof record === "string") return record;
  const { summary = "", arguments: patterns = [] } = record;
  const optional = asCount(record["optional"] ?? 0);
  if (typeof summary !== "string" || summary.length > MAX_CHARACTERS)
    return `summary: expected a text of at most ${MAX_CHARACTERS} characters`;
  if (!Array.isArray(patterns) || patterns.length > MAX_ARGUMENTS || !patterns.every(isPattern))
    return `arguments: expected a list of at most ${MAX_ARGUMENTS} regular expressions`;
  if (optional === undefined || optional > patterns.length)
    return "optional: expected how many of the last arguments may be missing";
  return { summary, patterns: patterns.map(String), optional };
}

/** An error message about the arguments; undefined if they are valid. */
export function argumentsFault(args: readonly string[], { patterns, optional }: ArgumentSchema): string | undefined {
  const least = patterns.length - optional;
  if (args.length < least || args.length > patterns.length) {
    const count = optional === 0 ? `${least}` : `${least} to ${patterns.length}`;
    return `expected ${count} argument${count === "1" ? "" : "s"}, got ${args.length}`;
  }
  if (args.length === 0) return undefined;
  let at = 0;
  const compare = (): void => {
    while (at < args.length && new RegExp(`^(?:${patterns[at]})$`, "u").test(args[at] ?? "")) at += 1;
  };
  if (!endsInTime(compare))
    return `argument ${at + 1} takes more than ${MATCH_WITHIN_MS} ms to compare with ${patterns[at]}`;
  return at === args.length ? undefined : `argument ${at + 1} does not fit ${patterns[at]}`;
}

/**
 * V8 ends an expression that goes on, but only for code of a context with a time limit, and that time passes as well while a busy
 * machine does something else: then `act` is called again.
 */
function endsInTime(act: () => void): boolean {
  const before = process.cpuUsage();
  const usedMs = (): number => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  };
  do {
    try {
      runInNewContext("act()", { act }, { timeout: MATCH_WITHIN_MS });
      return true;
    } catch (error) {
      // Thrown in the other context, whose Error class differs.
      if (asRecord(error)?.["code"] !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
    }
  } while (usedMs() < MATCH_WITHIN_MS);
  return false;
}

function isPattern(value: unknown): boolean {
  if (typeof value !== "string" || value.length > MAX_CHARACTERS) return false;
  try {
    new RegExp(`^(?:${value})$`, "u");
    return true;
  } catch {
    return false;
  }
}
