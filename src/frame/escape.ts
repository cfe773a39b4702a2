/** What a byte needs on its way: nothing, or a closer look (controls, `\`, `#`, DEL, everything beyond ASCII). */
const NEEDS_LOOK = new Uint8Array(256).map((_, byte) =>
  byte < 0x20 || byte >= 0x7f || byte === 0x5c || byte === 0x23 ? 1 : 0,
);
const HEX = Uint8Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));

/** `utf8Length` of a sequence that is valid as far as it goes, but the bytes end inside it. */
export const INCOMPLETE = -1;

/** Bytes and the same memory as 32-bit words, so that a scan takes four bytes a step. `bytes` starts the memory. */
export interface Source {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
}

export interface SourceBuffer extends Source {
  readonly bytes: Buffer;
}

/** A source of `size` octets, a multiple of 4. Its content is undefined. */
export function allocateSource(size: number): SourceBuffer {
  const bytes = Buffer.allocUnsafeSlow(size);
  return { bytes, words: new Int32Array(bytes.buffer, bytes.byteOffset, size >> 2) };
}

/** Index of the first byte in [from, to) that cannot simply be copied (`\n` is one), or `to`. */
export function plainEnd(source: Source, from: number, to: number): number {
  const { bytes, words } = source;
  let i = from;
  for (; i < to && (i & 3) !== 0; i += 1) {
    if (NEEDS_LOOK[bytes[i] ?? 0] !== 0) return i;
  }
  const wordEnd = to >> 2;
  for (let w = i >> 2; w + 1 < wordEnd; w += 2) {
    if (wordsNeedLook(words[w] ?? 0, words[w + 1] ?? 0)) {
      i = w << 2;
      while (NEEDS_LOOK[bytes[i] ?? 0] === 0) i += 1;
      return i;
    }
    i = (w + 2) << 2;
  }
  for (; i < to; i += 1) {
    if (NEEDS_LOOK[bytes[i] ?? 0] !== 0) return i;
  }
  return to;
}

/**
 * True when one of eight bytes needs a look, never else: adding or subtracting shows in a byte's top bit whether it is
 * below 0x20, above 0x7e, `\`, or `#`, and borrows and carries begin only at bytes for which it is.
 */
function wordsNeedLook(x: number, y: number): boolean {
  const below = (x - 0x20202020) | (y - 0x20202020);
  const above = (x + 0x01010101) | x | (y + 0x01010101) | y;
  const backslash = ((x ^ 0x5c5c5c5c) - 0x01010101) | ((y ^ 0x5c5c5c5c) - 0x01010101);
  const hash = ((x ^ 0x23232323) - 0x01010101) | ((y ^ 0x23232323) - 0x01010101);
  return ((below | above | backslash | hash) & 0x80808080) !== 0;
}

/** Writes `\xHH` at `at`. */
export function writeHexEscape(target: Uint8Array, at: number, byte: number): number {
  target[at] = 0x5c;
  target[at + 1] = 0x78;
  target[at + 2] = HEX[byte >> 4] ?? 0;
  target[at + 3] = HEX[byte & 15] ?? 0;
  return at + 4;
}

/**
 * Length of the valid UTF-8 sequence at `i` (RFC 3629: shortest form, no surrogates, up to U+10FFFF), 0 when there is
 * none, `INCOMPLETE` when `to` comes too early to tell.
 */
export function utf8Length(bytes: Uint8Array, i: number, to: number): number {
  const lead = bytes[i] ?? 0;
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (i + 1 >= to) return INCOMPLETE;
  const second = bytes[i + 1] ?? 0;
  const least = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const most = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return 0;
  for (let k = 2; k < length; k += 1) {
    if (i + k >= to) return INCOMPLETE;
    if (((bytes[i + k] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  return length;
}

/**
 * True for a valid character beyond ASCII that must not travel as it is: C1 controls, bidirectional controls, U+2028,
 * U+2029 and the byte order mark. They would drive a terminal, turn a line around, end it, or vanish.
 */
export function isUnsafeCharacter(bytes: Uint8Array, i: number): boolean {
  const second = bytes[i + 1] ?? 0;
  const third = bytes[i + 2] ?? 0;
  switch (bytes[i]) {
    case 0xc2:
      return second < 0xa0;
    case 0xd8:
      return second === 0x9c;
    case 0xe2:
      if (second === 0x80) return third === 0x8e || third === 0x8f || (third >= 0xa8 && third <= 0xae);
      return second === 0x81 && third >= 0xa6 && third <= 0xa9;
    case 0xef:
      return second === 0xbb && third === 0xbf;
    default:
      return false;
  }
}
