import type { MainPattern } from "./main-pattern.ts";
import type { QueryFields } from "./query.ts";

/** The scope of a search, as arguments of the command. */
interface GrepTarget {
  /** An id, or the options that name a job. Empty: everything. */
  readonly target: readonly string[];
}

/** The `mlctl grep` command that finds the same lines, to paste into a shell. */
export function grepLine(
  { pattern, regex, case: mode, word, invert, also }: MainPattern,
  fields: QueryFields,
  { target }: GrepTarget,
): string {
  const ignoresCase = mode === "ignore" || (mode === "smart" && !/\p{Uppercase}/u.test(pattern));
  const { node, rank, stream, level, state, since, until } = fields;
  const options = [
    ...(ignoresCase ? ["-i"] : []),
    ...(word ? ["-w"] : []),
    ...(invert ? ["-v"] : []),
    ...(regex ? [] : ["-F"]),
    ...also.flatMap(({ text, isNot }) => [isNot ? "--not" : "--and", text]),
    ...named("--node", node),
    ...named("--label", rank === undefined ? undefined : `rank=${rank}`),
    ...named("--stream", stream),
    ...named("--level", level),
    ...named("--state", state),
    ...named("--since", since),
    ...named("--until", until),
  ];
  const isNoOption = pattern.startsWith("-") ? ["--"] : [];
  return ["mlctl", "grep", ...[...options, ...isNoOption, pattern, ...target].map(shellWord)].join(" ");
}

function named(name: string, value: string | undefined): string[] {
  return value === undefined ? [] : [`${name}=${value}`];
}

/** Quotes a text as one word for a POSIX shell. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
