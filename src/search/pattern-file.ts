import { mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { levelHint } from "../text/level/level-of.ts";
import type { SearchRequest } from "../wire/search-request.ts";

/** Every character that a pattern treats specially (regex-syntax, `escape`). */
const META = /[\\.+*?()|[\]{}^$#&~-]/g;
/** Unicode's definition of a word (UTS #18, annex C), which ripgrep uses. */
const WORD = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]$/u;

/** Puts a pattern into an unlinked file: others could read arguments and named files. */
export function openPattern(expression: string): number {
  const folder = mkdtempSync(join(tmpdir(), "ml-search-"));
  try {
    const path = join(folder, "pattern");
    writeFileSync(path, `${expression}\n`, { mode: 0o600 });
    return openSync(path, "r");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The request's pattern as a regular expression for ripgrep. */
export function patternOf({ pattern, regex, word, level }: SearchRequest): string {
  if (pattern === "" && level !== undefined) return `(?i)${levelHint(level)}`;
  return regex ? pattern : literal(pattern, word);
}

/** A regular expression for a text. At the edge of a word, \b; beside another character, \B says the same. */
function literal(text: string, isWord: boolean): string {
  // ripgrep takes a CR at the end of a line in a pattern file for part of the line ending.
  const escaped = text.replace(META, "\\$&").replaceAll("\r", "\\r");
  const characters = [...text];
  if (!isWord || characters.length === 0) return escaped;
  const edge = (character: string | undefined) => (WORD.test(character ?? "") ? "\\b" : "\\B");
  return `${edge(characters[0])}(?:${escaped})${edge(characters.at(-1))}`;
}
