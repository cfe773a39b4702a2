const BACKSLASH = 0x5c;
const LINE_FEED = 0x0a;
const TAB = 0x09;
const LETTER_N = 0x6e;
const LETTER_T = 0x74;
const LETTER_X = 0x78;
const FIRST_PRINTABLE = 0x20;
const LETTER_P = 0x50;

/** Value of a hexadecimal digit, 255 for every other byte. */
const HEX = new Uint8Array(256).fill(255);
for (let value = 0; value < 16; value += 1) {
  HEX[value.toString(16).charCodeAt(0)] = value;
  HEX[value.toString(16).toUpperCase().charCodeAt(0)] = value;
}

/** Encoded text of one frame and the prefix of each of its lines in the log. */
interface EncodedLines {
  readonly data: Uint8Array;
  readonly textAt: number;
  readonly textEnd: number;
  /** Number of lines that the text must hold. */
  readonly count: number;
  /** Whether the last line is a fragment: its tag is P. */
  readonly fragment: boolean;
}

/** Most bytes that `writeCriLines` writes for some encoded text: decoding never makes it longer. */
export function criBytesAtMost(
  encoded: { textAt: number; textEnd: number; count: number },
  prefixBytes: number,
): number {
  return encoded.count * (prefixBytes + 1) + (encoded.textEnd - encoded.textAt);
}

/**
 * Decodes the text of a frame (`\\`, `\t`, `\n` between lines, `\xHH`) and writes it as CRI lines.
 *
 * @param target Has `criBytesAtMost` bytes of room from `at` on, and already holds the first line's prefix at `at`.
 * @param prefixBytes Length of that prefix; its tag is the second last byte. It is copied for each further line.
 * @returns The end of the lines, or -1 when the text breaks the grammar; then ignore the bytes written.
 */
export function writeCriLines(target: Uint8Array, at: number, prefixBytes: number, encoded: EncodedLines): number {
  const { data, textEnd } = encoded;
  let out = at + prefixBytes;
  let lineAt = at;
  let lines = 1;
  let i = encoded.textAt;
  while (i < textEnd) {
    const byte = data[i] ?? 0;
    i += 1;
    if (byte !== BACKSLASH) {
      // A raw control character cannot come from mlrun; a raw line feed would break the count of lines.
      if (byte < FIRST_PRINTABLE) return -1;
      target[out] = byte;
      out += 1;
      continue;
    }
    const kind = i < textEnd ? data[i] : 0;
    i += 1;
    if (kind === LETTER_N) {
      if (lines === encoded.count) return -1;
      lines += 1;
      target[out] = LINE_FEED;
      out += 1;
      // The target already holds the previous line's prefix.
      target.copyWithin(out, lineAt, lineAt + prefixBytes);
      lineAt = out;
      out += prefixBytes;
    } else if (kind === LETTER_T) {
      target[out] = TAB;
      out += 1;
    } else if (kind === BACKSLASH) {
      target[out] = BACKSLASH;
      out += 1;
    } else if (kind === LETTER_X && i + 1 < textEnd) {
      const high = HEX[data[i] ?? 0] ?? 255;
      const low = HEX[data[i + 1] ?? 0] ?? 255;
      const value = (high << 4) | low;
      // A line feed inside a line would be a second line in the file.
      if (high > 15 || low > 15 || value === LINE_FEED) return -1;
      target[out] = value;
      out += 1;
      i += 2;
    } else {
      return -1;
    }
  }
  if (lines !== encoded.count) return -1;
  if (encoded.fragment) target[lineAt + prefixBytes - 2] = LETTER_P;
  target[out] = LINE_FEED;
  return out + 1;
}
