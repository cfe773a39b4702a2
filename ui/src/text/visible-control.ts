import { ESCAPED_BYTE_BASE } from "./decode-bytes.ts";

/** How to show a character that is invisible or moves its neighbours. */
interface ControlPicture {
  readonly text: string;
  /** Its name for a tooltip. */
  readonly control: string;
}

const TAB = 0x09;
const CARRIAGE_RETURN = 0x0d;

/**
 * The picture of a character. Undefined: it is shown as it is. Empty: it is omitted (the CR of a CRLF).
 * A byte that is not UTF-8 (see `decodeBytes`) shows as `\xHH`.
 */
export function visibleControl(code: number): ControlPicture | undefined {
  if (code === TAB) return undefined;
  if (code === CARRIAGE_RETURN) return { text: "", control: "" };
  // Caret notation, as `cat -v` and less write it: fonts often lack Unicode's control pictures.
  if (code < 0x20 || code === 0x7f) return { text: `^${String.fromCharCode(code ^ 0x40)}`, control: nameOf(code) };
  if (code < 0x7f) return undefined;
  if (code < 0xa0) return { text: `\\u${hex(code, 4)}`, control: nameOf(code) };
  if (isEscapedByte(code)) {
    const text = `\\x${hex(code - ESCAPED_BYTE_BASE, 2)}`;
    return { text, control: `Byte ${text}: not UTF-8` };
  }
  if (code >= 0xd800 && code <= 0xdfff) return { text: `\\u${hex(code, 4)}`, control: nameOf(code) };
  return isInvisible(code)
    ? { text: `\\u${code > 0xffff ? `{${hex(code, 5)}}` : hex(code, 4)}`, control: nameOf(code) }
    : undefined;
}

/** A name (command, job, label) with pictures for characters that are invisible or move their neighbours. */
export function visibleText(text: string): string {
  return Array.from(text, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code === TAB || code === CARRIAGE_RETURN
      ? `^${String.fromCharCode(code ^ 0x40)}`
      : (visibleControl(code)?.text ?? character);
  }).join("");
}

function isEscapedByte(code: number): boolean {
  return code >= ESCAPED_BYTE_BASE + 0x80 && code <= ESCAPED_BYTE_BASE + 0xff;
}

/** Bidi controls, separators, invisible joiners: all format characters except those that scripts and emoji need. */
function isInvisible(code: number): boolean {
  if (code === 0x200c || code === 0x200d) return false;
  if (code === 0xad || code === 0x61c || code === 0x180e || code === 0xfeff) return true;
  if (code >= 0x200b && code <= 0x200f) return true;
  if (code >= 0x2028 && code <= 0x202e) return true;
  if (code >= 0x2060 && code <= 0x206f) return true;
  return (code >= 0xfff9 && code <= 0xfffb) || (code >= 0xe0000 && code <= 0xe007f);
}

function nameOf(code: number): string {
  return `U+${hex(code, 4)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, "0");
}
