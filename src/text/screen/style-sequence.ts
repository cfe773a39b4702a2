import { RGB, type Style } from "./style.ts";

/** Longest hyperlink carried over; a longer one ends with its line, as browsers do not accept such addresses. */
const MAX_LINK_CHARACTERS = 2_083;

const CODES = [
  ["bold", 1],
  ["dim", 2],
  ["italic", 3],
  ["underline", 4],
  ["inverse", 7],
  ["hidden", 8],
  ["strike", 9],
  ["overline", 53],
] as const;

/** Sequences that bring a terminal from its default look to this one; empty for the default. */
export function sequenceOf(style: Style): string {
  const { foreground, background, link } = style;
  const codes: string[] = CODES.filter(([flag]) => style[flag]).map(([, code]) => String(code));
  if (foreground !== undefined) codes.push(`38;${colour(foreground)}`);
  if (background !== undefined) codes.push(`48;${colour(background)}`);
  const look = codes.length === 0 ? "" : `\x1b[${codes.join(";")}m`;
  return link === undefined || link.length > MAX_LINK_CHARACTERS ? look : `${look}\x1b]8;;${link}\x07`;
}

function colour(value: number): string {
  if (value < RGB) return `5;${value}`;
  return `2;${(value >> 16) & 255};${(value >> 8) & 255};${value & 255}`;
}
