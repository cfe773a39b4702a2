import { LineScreen } from "./line-screen.ts";
import type { Row } from "./row.ts";
import { PLAIN, sameStyle } from "./style.ts";
import { sequenceOf } from "./style-sequence.ts";

const PLAIN_AGAIN = "\x1b[0m";

/** CR before more, and backspace: how bars and spinners redraw themselves. Without one, a line has no earlier states. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what it looks for
const REDRAWS = /\r(?=[\s\S])|\x08/;

export function isRedrawn(text: string): boolean {
  return REDRAWS.test(text);
}

/** What a terminal shows of a line in the end, with its colours: of a progress bar its last state. */
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
