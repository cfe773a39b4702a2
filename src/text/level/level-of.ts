/** The severity that a line states. */
export type Level = "error" | "warn" | "info" | "debug";

/** Most serious first. */
export const LEVELS: readonly Level[] = ["error", "warn", "info", "debug"];

const WORDS: Readonly<Record<string, Level>> = {
  emerg: "error",
  emergency: "error",
  alert: "error",
  panic: "error",
  fatal: "error",
  critical: "error",
  crit: "error",
  severe: "error",
  error: "error",
  err: "error",
  warning: "warn",
  warn: "warn",
  notice: "info",
  info: "info",
  debug: "debug",
  trace: "debug",
};
const NAMES = Object.keys(WORDS).join("|");

/** A level stands near a line's beginning: after a time, a name, a process. */
const HEAD_CHARACTERS = 200;

/** `"level":"error"`, `"severity": "WARN"`, `level=info`, and pino's numbers. */
const MEMBER = new RegExp(
  String.raw`(?:^|[\s{,"])(?:log\.)?(?:level|severity|lvl|levelname|loglevel)"?\s*[:=]\s*"?(${NAMES}|[1-6]0)\b`,
  "i",
);
/** A word in capitals is a level anywhere in the head; `[error]`, `<warn>`, `error:` are in any case. */
const CAPITALS = new RegExp(String.raw`(?:^|[^\w"'])(${NAMES.toUpperCase()})(?![\w-])`);
const MARKED = new RegExp(String.raw`(?:[[<(](${NAMES})[\])>]|(?:^|\s)(${NAMES})(?:\[[^\]]*\])?!?:)`, "i");
/** `Error opening x`: only words that do not usually begin an ordinary sentence. */
const FIRST = /^(error|fatal|panic|warning)(?![\w-])/i;
/** `ValueError: ...`, `java.io.IOException: ...`, `UserWarning: ...`, a Python traceback's head, npm's `ERR!`. */
const THROWN = /(?:^|[\s.])[A-Z][\w.]*(?:(Error|Exception)|(Warning))(?=:|$)|^(Traceback) \(most recent call last\)/;
/** Google's log format: `E1130 14:05:02.123456`. */
const GLOG = /^([FEWI])\d{4} \d\d:\d\d/;
const GLOG_LEVELS: Readonly<Record<string, Level>> = { F: "error", E: "error", W: "warn", I: "info" };

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
const COLOURS = /\x1b\[[\d;:]*m/g;

/**
 * The level that a line's text or JSON states; undefined if it states none. Reads only the head, so that a long line
 * costs no more than a short one.
 */
export function levelOf(line: string): Level | undefined {
  const head = line.slice(0, HEAD_CHARACTERS).replace(COLOURS, "").trimStart();
  const glog = GLOG.exec(head)?.[1];
  if (glog !== undefined) return GLOG_LEVELS[glog];
  const said = MEMBER.exec(head)?.[1];
  if (said !== undefined) return named(said);
  const word = CAPITALS.exec(head)?.[1] ?? marked(head);
  if (word !== undefined) return named(word);
  const thrown = THROWN.exec(head);
  if (thrown === null) return undefined;
  return thrown[2] === undefined ? "error" : "warn";
}

/** Whether a line's level is `least` or more serious. */
export function isAtLeast(level: Level | undefined, least: Level): boolean {
  return level !== undefined && LEVELS.indexOf(level) <= LEVELS.indexOf(least);
}

/**
 * A case-insensitive regular expression that every line of level `least` or more serious matches. Engines that are
 * faster than `levelOf` use it to skip other lines.
 */
export function levelHint(least: Level): string {
  const numbers: Readonly<Record<Level, string>> = { error: "56", warn: "456", info: "3456", debug: "123456" };
  const words = Object.keys(WORDS).filter((word) => isAtLeast(WORDS[word], least));
  const letters = least === "error" ? "FE" : least === "warn" ? "FEW" : "FEWI";
  const members = String.raw`(level|severity|lvl|levelname)"?\s*[:=]\s*"?[${numbers[least]}]0`;
  return `${words.join("|")}|exception|traceback|${members}|[${letters}]\\d{4} \\d\\d:`;
}

function marked(head: string): string | undefined {
  const found = MARKED.exec(head);
  return found?.[1] ?? found?.[2] ?? FIRST.exec(head)?.[1];
}

function named(word: string): Level | undefined {
  const number = Number(word);
  if (Number.isNaN(number)) return WORDS[word.toLowerCase()];
  return number >= 50 ? "error" : number === 40 ? "warn" : number === 30 ? "info" : "debug";
}
