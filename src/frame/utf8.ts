/** Returned by `utf8Length` for a sequence that is valid so far but unfinished. */
export const INCOMPLETE = -1;

/**
 * Length of the valid UTF-8 sequence at `i` (RFC 3629: shortest form, no surrogates, up to U+10FFFF), 0 if there is
 * none, `INCOMPLETE` if `to` comes too early to decide.
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
