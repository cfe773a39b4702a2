import { LineScreen } from "./line-screen.ts";
import type { Row } from "./row.ts";
import { PLAIN, sameStyle } from "./style.ts";
import { sequenceOf } from "./style-sequence.ts";

const PLAIN_AGAIN = "\x1b[0m";

/**
 * CR before more text, or backspace: bars and spinners redraw with them. A line without either has no earlier states.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it detects controls
const REDRAWS = /\r(?=[\s\S])|\x08/;

export function isRedrawn(text: string): boolean {
  return REDRAWS.test(text);
}

/** The final state of a line on a terminal, in colour: of a progress bar, the last one drawn. */
export function settledLine(text: string): string {
  if (!isRedrawn(text)) return text;
  const screen = new LineScreen();
  screen.write(text, 1, true);
  const rows = [...screen.takeSettled(), ...screen.rows].filter((row) => row.text !== "");
  return rows.map(withColours).join(" ");
}

function withColours({ text, spans }: Row): string {
  let from = 0;
  const parts = spans.map(({ end, style }) => {
    const part = text.slice(from, end);
    from = end;
    return sameStyle(style, PLAIN) ? part : `${sequenceOf(style)}${part}${PLAIN_AGAIN}`;
  });
  return parts.join("");
}
