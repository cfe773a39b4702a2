import { LEVELS } from "../level/level-of.ts";
import { FIELD_NAMES, type FieldName, type Query, type QueryFields, type Term } from "./query.ts";

export interface ParsedQuery extends Query {
  /** Messages for the author about parts that were not understood. The rest of the query still applies. */
  readonly problems: readonly string[];
}

/** Values of the fields that accept only a few. */
const CHOICES: Readonly<Partial<Record<FieldName, readonly string[]>>> = {
  stream: ["stdout", "stderr"],
  level: LEVELS,
  state: ["running", "finished", "failed", "lost"],
};
const SPACE = /\s/;
const FIELD = new RegExp(`^(${FIELD_NAMES.join("|")}):`, "i");

/**
 * Parses the text of the search field: words, `"a phrase"` and `/a regular expression/`, each with `-` before it to
 * exclude it; `node: rank: stream: level: state: since: until:` and a value, in quotes if it has spaces.
 *
 * Everything else is a word, even `http://a` and `key:value`. Total: every text is a query.
 */
export function parseQuery(text: string): ParsedQuery {
  const terms: Term[] = [];
  const fields: Partial<Record<FieldName, string>> = {};
  const problems: string[] = [];
  let at = 0;
  while (at < text.length) {
    if (SPACE.test(text[at] ?? "")) {
      at += 1;
      continue;
    }
    const field = FIELD.exec(text.slice(at))?.[1]?.toLowerCase() as FieldName | undefined;
    const from = field === undefined ? at : at + field.length + 1;
    const next = text[from + 1] ?? " ";
    const isNot = field === undefined && text[from] === "-" && !SPACE.test(next);
    const token = readToken(text, isNot ? from + 1 : from, field === undefined);
    at = token.end;
    if (token.problem !== undefined) problems.push(token.problem);
    if (field === undefined) {
      if (token.text !== "") terms.push({ is: token.is, text: token.text, isNot });
      continue;
    }
    const problem = fieldProblem(field, token.text);
    if (problem === undefined) fields[field] = CHOICES[field] === undefined ? token.text : token.text.toLowerCase();
    else problems.push(problem);
  }
  return { terms, fields: fields as QueryFields, problems };
}

interface Token {
  readonly is: Term["is"];
  readonly text: string;
  readonly end: number;
  readonly problem?: string;
}

function readToken(text: string, from: number, mayBeRegex: boolean): Token {
  const quote = text[from];
  if (quote === '"') return readQuoted(text, from);
  if (quote === "/" && mayBeRegex) {
    const regex = readQuoted(text, from);
    // A path is a word: an expression must end with a slash.
    if (regex.problem === undefined && SPACE.test(text[regex.end] ?? " ")) return regex;
  }
  let end = from;
  while (end < text.length && !SPACE.test(text[end] ?? "")) end += 1;
  return { is: "text", text: text.slice(from, end), end };
}

/** A backslash escapes the quote that follows; in a phrase, also a backslash. An expression keeps all others. */
function readQuoted(text: string, from: number): Token {
  const quote = text[from] ?? "";
  const is = quote === "/" ? "regex" : "text";
  let content = "";
  for (let at = from + 1; at < text.length; at += 1) {
    const [character = "", next = ""] = [text[at], text[at + 1]];
    if (character === quote) return { is, text: content, end: at + 1 };
    if (character !== "\\") {
      content += character;
    } else {
      at += 1;
      const isKept = is === "regex" ? next !== quote : next !== quote && next !== "\\";
      content += isKept ? character + next : next;
    }
  }
  return { is, text: content, end: text.length, problem: `${quote} is not closed` };
}

function fieldProblem(field: FieldName, value: string): string | undefined {
  const choices = CHOICES[field];
  if (value === "") return `${field}: needs a value${choices === undefined ? "" : `: ${choices.join(", ")}`}`;
  if (choices === undefined || choices.includes(value.toLowerCase())) return undefined;
  return `${field}:${value} is none of ${choices.join(", ")}`;
}
