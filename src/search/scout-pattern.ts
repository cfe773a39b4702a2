import type { SearchRequest } from "../wire/search-request.ts";
import { patternOf } from "./pattern-file.ts";
import { isExact } from "./required-text.ts";

/** The end of a piece's head, `stdout P ` or `stderr P `. It also stands in other lines, which does no harm. */
const PIECE = "[rt] P ";
/** Groups that change nothing but case and Unicode; the others may bring a comment or assertions. */
const PLAIN_GROUP = /^\(\?(?:P?<\w+>|[iuU-]*[:)])/;

/**
 * An expression that each stored line matches in which the request's pattern can be found, as it stands in the file, and
 * each piece of a line; undefined if there may be others. What holds in a text holds in a line with this text, unless it
 * says something of the text's edges, or that something does not match.
 */
export function scoutPattern(request: SearchRequest): string | undefined {
  const { invert, before, after, regex, word, pattern } = request;
  // ripgrep's own `--word-regexp` is none of its expressions.
  if (invert || before + after > 0 || pattern === "" || (regex && word)) return undefined;
  const expression = patternOf(request);
  return saysNothingOfEdges(expression) ? `(?:${expression})|${PIECE}` : undefined;
}

/** Without regard to case it finds all that smart case finds. */
export function scoutCase(request: SearchRequest): "match" | "ignore" {
  return request.case === "match" || (!request.regex && isExact(request)) ? "match" : "ignore";
}

/**
 * `\b` and `\B` hold at a text's edges exactly if they hold in the stored line, where a space stands before it. False
 * where the expression is not understood.
 */
function saysNothingOfEdges(expression: string): boolean {
  for (let at = 0; at < expression.length; at += 1) {
    const character = expression.charAt(at);
    if (character === "\\") {
      at += 1;
      if ("Az".includes(expression.charAt(at))) return false;
    } else if (character === "$") return false;
    else if (character === "[" && expression.charAt(at + 1) === "^") at += 1;
    else if (character === "^") return false;
    else if (character === "(" && expression.charAt(at + 1) === "?" && !PLAIN_GROUP.test(expression.slice(at)))
      return false;
  }
  return true;
}
