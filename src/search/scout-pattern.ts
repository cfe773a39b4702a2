import type { SearchRequest } from "../wire/search-request.ts";
import { patternOf } from "./pattern-file.ts";
import { isExact } from "./required-text.ts";

/** The end of a piece's head, `stdout P ` or `stderr P `. Other lines may contain it as well, which does no harm. */
const PIECE = "[rt] P ";
/** Groups that only name, or change case and Unicode; others may contain comments or assertions. */
const PLAIN_GROUP = /^\(\?(?:P?<\w+>|[iuU-]*[:)])/;

/**
 * An expression that matches, as stored in the file, every piece of a line and every line in which the request's
 * pattern can be found; undefined if there is none. A match in a text is one in the stored line, unless the expression
 * concerns the text's edges or lines that do not match.
 */
export function scoutPattern(request: SearchRequest): string | undefined {
  const { invert, before, after, regex, word, pattern } = request;
  // `--word-regexp` cannot be written as an expression.
  if (invert || before + after > 0 || pattern === "" || (regex && word)) return undefined;
  const expression = patternOf(request);
  return saysNothingOfEdges(expression) ? `(?:${expression})|${PIECE}` : undefined;
}

/** Ignoring case finds everything that smart case finds. */
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
