import type { Source } from "./source.ts";

/** Whether a byte may need escaping (controls, `\`, `#`, DEL, everything beyond ASCII) or is copied as it is. */
const NEEDS_LOOK = new Uint8Array(256).map((_, byte) =>
  byte < 0x20 || byte >= 0x7f || byte === 0x5c || byte === 0x23 ? 1 : 0,
);
const HEX = Uint8Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));

/** Index of the first byte in [from, to) that cannot simply be copied (a line feed is one), or `to`. */
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
 * Exact test whether one of eight bytes may need escaping. Adding or subtracting shows in a byte's top bit whether it
 * is below 0x20, above 0x7e, `\`, or `#`; borrows and carries start only at bytes that are.
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
