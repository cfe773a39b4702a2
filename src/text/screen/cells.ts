import { eastAsianWidth } from "get-east-asian-width";

/** Cursor movements stop here: a few bytes must not make a row of gigabytes. Printed text may go beyond. */
export const MAX_COLUMNS = 10_000;

// biome-ignore lint/suspicious/noControlCharactersInRegex: it detects characters outside ASCII
const ASCII = /^[\x00-\x7f]*$/;
const NO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/u;

/** Number of columns that a text takes on a terminal. */
export function columnsOf(text: string): number {
  if (ASCII.test(text)) return text.length;
  let columns = 0;
  for (const character of text) columns += widthOf(character);
  return columns;
}

/** 0 for marks that join the character before them, 2 for wide characters, else 1. */
export function widthOf(character: string): 0 | 1 | 2 {
  if (character < "\u0300") return 1;
  if (NO_WIDTH.test(character)) return 0;
  return eastAsianWidth(character.codePointAt(0) ?? 0);
}
