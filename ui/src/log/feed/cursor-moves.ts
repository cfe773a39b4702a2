/** Moves the cursor up, to rows of earlier lines (ECMA-48, CUU and CPL). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
const MOVES_UP = /\x1b\[\d*[AF]/;

export function movesUp(text: string): boolean {
  return text.includes("\x1b") && MOVES_UP.test(text);
}
