import type { SearchRequest } from "../wire/search-request.ts";
import { SEARCH_LIMITS } from "./limits.ts";

/** `records`: lines with their matches, as JSON; `numbers`: `NUMBER:` and a few words, for counting. */
export type RipgrepOutput = "records" | "numbers";

/** The pattern's descriptor in ripgrep: a file, because other users can read arguments. */
const PATTERN_FD = 3;
const CASES = { smart: "--smart-case", ignore: "--ignore-case", match: "--case-sensitive" } as const;

/** Arguments of a ripgrep that searches text on its stdin. */
export function ripgrepArguments(request: SearchRequest, output: RipgrepOutput): string[] {
  const forms = {
    records: ["--json", "--before-context", `${request.before}`, "--after-context", `${request.after}`],
    // Replaces a line longer than one byte by a short notice.
    numbers: ["--line-number", "--max-columns", "1"],
  };
  return searching(request.case, [
    ...forms[output],
    ...(request.regex && request.word ? ["--word-regexp"] : []),
    ...(request.invert ? ["--invert-match"] : []),
  ]);
}

/**
 * When a scout prints lines. `each`: as soon as they are found, which costs a process switch each; `soon`: the first
 * few like that, and no more; `all`: many at a time.
 */
export type ScoutPass = "each" | "soon" | "all";

/** Arguments of a ripgrep that searches a log on its stdin. */
export function scoutArguments(letters: SearchRequest["case"], pass: ScoutPass, namedSoon: number): string[] {
  const forms = {
    each: ["--line-buffered"],
    soon: ["--line-buffered", `--max-count=${namedSoon}`],
    all: ["--block-buffered"],
  };
  return searching(letters, ["--line-number", "--byte-offset", ...forms[pass]]);
}

function searching(letters: SearchRequest["case"], more: readonly string[]): string[] {
  return [
    "--no-config",
    "--no-mmap",
    "--color=never",
    // Treats all bytes as text: looks for no NUL, and for no UTF-16 mark at the beginning.
    "--text",
    "--encoding=none",
    `--regex-size-limit=${SEARCH_LIMITS.compiledPattern}`,
    `--dfa-size-limit=${SEARCH_LIMITS.compiledPattern}`,
    CASES[letters],
    ...more,
    "--file",
    `/proc/self/fd/${PATTERN_FD}`,
    "-",
  ];
}
