/** RFC 2812, section 2.3: 510 octets and CR LF. */
const MAX_LINE_BYTES = 510;
/** RFC 2812, section 2.3: middle parameters and the trailing one. */
const MAX_PARAMS = 15;
const FORM = /^(?:@[^ ]+ +)?(?::([^ :][^ ]*) +)?([A-Za-z]+|\d{3})((?: .*)?)$/s;
/** The same section: `middle`. To a server, blanks of Unicode are letters like others, as in nicks of UTF-8. */
const MIDDLE = /^[^ :\0\r\n][^ \0\r\n]*$/;

/** A message of an IRC server. */
export interface IrcMessage {
  /** `nick!user@host` of who sent it, a server's name, or empty. */
  readonly source: string;
  /** In capitals, or three digits. */
  readonly command: string;
  readonly params: readonly string[];
}

/** Parses a line without its CR LF. Tags (IRCv3) are skipped: nothing here believes them. */
export function parseIrcMessage(line: string): IrcMessage | undefined {
  const [, source = "", command, rest = ""] = FORM.exec(line) ?? [];
  if (command === undefined || /[\0\r\n]/.test(line)) return undefined;
  const params: string[] = [];
  let left = rest.replace(/^ +/, "");
  while (left !== "") {
    if (left.startsWith(":") || params.length === MAX_PARAMS - 1) {
      params.push(left.replace(/^:/, ""));
      break;
    }
    const end = left.indexOf(" ");
    params.push(end < 0 ? left : left.slice(0, end));
    left = end < 0 ? "" : left.slice(end).replace(/^ +/, "");
  }
  return { source, command: command.toUpperCase(), params };
}

/**
 * A line to send, with CR LF; the last parameter is cut at a character so that it fits. A RangeError if another one is empty or has
 * a space: text from elsewhere must be the last.
 */
export function ircLine(command: string, ...params: readonly string[]): string {
  const last = params.at(-1);
  const middle = params.slice(0, -1);
  for (const param of middle)
    if (!MIDDLE.test(param)) throw new RangeError(`Cannot send ${JSON.stringify(param)} in the middle`);
  const head = [command, ...middle].join(" ");
  if (last === undefined) return `${head}\r\n`;
  const clean = last.replace(/[\0\r\n]+/g, " ");
  return `${head} :${cutToBytes(clean, MAX_LINE_BYTES - Buffer.byteLength(head) - 2)}\r\n`;
}

/** At most so many octets of UTF-8, ended by an ellipsis where something is left out. */
export function cutToBytes(text: string, most: number): string {
  if (Buffer.byteLength(text) <= most) return text;
  const ellipsis = "…";
  let [cut, bytes] = ["", Buffer.byteLength(ellipsis)];
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > most) break;
    cut += character;
  }
  return `${cut}${ellipsis}`;
}
