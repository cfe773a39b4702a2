import { formatTerm } from "../../../../src/text/query/format-query.ts";
import { parseQuery } from "../../../../src/text/query/parse-query.ts";

/** Keeps a filter readable, and within the field: a longer value is cut to its beginning. */
const MAX_CHARACTERS = 200;

/** The filter with one more text that a line must have. */
export function withText(q: string, text: string): string {
  // No line contains half of a character outside the BMP.
  const wanted = text.slice(0, MAX_CHARACTERS).replace(/[\uD800-\uDBFF]$/, "");
  const { terms } = parseQuery(q);
  if (terms.some((term) => term.is === "text" && !term.isNot && term.text === wanted)) return q;
  return `${q} ${formatTerm({ is: "text", text: wanted, isNot: false })}`.trim();
}
