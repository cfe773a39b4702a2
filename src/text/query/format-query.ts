import { parseQuery } from "./parse-query.ts";
import { FIELD_NAMES, type FieldName, type Query, type Term } from "./query.ts";

/** A query as it would be typed: `parseQuery` reads the same from it. */
export function formatQuery({ terms, fields }: Query): string {
  const said = FIELD_NAMES.flatMap((name) => {
    const value = fields[name];
    return value === undefined ? [] : [formatField(name, value)];
  });
  return [...terms.map(formatTerm), ...said].join(" ");
}

export function formatField(name: FieldName, value: string): string {
  return `${name}:${/^[^\s"]+$/.test(value) ? value : quoted(value)}`;
}

export function formatTerm({ is, text, isNot }: Term): string {
  const sign = isNot ? "-" : "";
  if (is === "regex") return `${sign}/${text.replace(/\\[\s\S]|\//g, (part) => (part === "/" ? "\\/" : part))}/`;
  return sign + (isPlainWord(text) ? text : quoted(text));
}

/** Whether a text, typed without quotes, parses as a single word. */
function isPlainWord(text: string): boolean {
  if (text === "" || /[\s"]/.test(text) || /^[-/]/.test(text)) return false;
  const [term, ...others] = parseQuery(text).terms;
  return others.length === 0 && term?.is === "text" && term.text === text;
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
