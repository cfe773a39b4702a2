import { asCount } from "../../wire/record.ts";
import { isUnixName } from "../../wire/unix-name.ts";
import { tomlRecord } from "../programs/toml-record.ts";

/** A service that a node offers by name: a file of `services.d`. */
export interface Service {
  /** The path of the program first. */
  readonly argv: readonly string[];
  /** User that it runs as. */
  readonly as: string;
  /** Groups whose members may call it; `*`: everybody whose orders the node takes. */
  readonly groups: readonly string[];
  /** Time until it is ended. */
  readonly seconds: number;
}

const KEYS = ["argv", "as", "groups", "seconds"];
const MAX_WORDS = 64;
const MAX_WORD_CHARACTERS = 1_024;
const DEFAULT_SECONDS = 10;
/** A caller waits for at most half a minute. */
const MAX_SECONDS = 25;

/** Parses a service's file. A string is an error message. */
export function parseService(text: string): Service | string {
  const record = tomlRecord(text, KEYS);
  if (typeof record === "string") return record;
  const { argv, as, groups } = record;
  if (!isWords(argv) || !argv[0]?.startsWith("/")) return "argv: expected a list of words, the first one a path from /";
  if (typeof as !== "string" || !isUnixName(as) || as === "root") return "as: expected a user other than root";
  if (!isWords(groups) || !groups.every((group) => group === "*" || isUnixName(group)))
    return 'groups: expected the groups whose members may call it, or ["*"] for everybody';
  const seconds = asCount(record["seconds"] ?? DEFAULT_SECONDS, 1);
  if (seconds === undefined || seconds > MAX_SECONDS)
    return `seconds: expected a whole number from 1 to ${MAX_SECONDS}`;
  return { argv, as, groups, seconds };
}

function isWords(value: unknown): value is readonly string[] {
  const isWord = (word: unknown): boolean =>
    typeof word === "string" && word !== "" && word.length <= MAX_WORD_CHARACTERS && !word.includes("\0");
  return Array.isArray(value) && value.length > 0 && value.length <= MAX_WORDS && value.every(isWord);
}
