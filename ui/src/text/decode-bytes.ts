const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Base of the lone surrogates for bytes that are not UTF-8: byte HH is U+DCHH. */
export const ESCAPED_BYTE_BASE = 0xdc00;

/** Bytes as text. A byte that is not UTF-8 becomes the lone surrogate U+DC00 + byte, so nothing is lost. */
export function decodeBytes(bytes: Uint8Array): string {
  const whole = decodeStrictly(bytes);
  if (whole !== undefined) return whole;
  let text = "";
  let validFrom = 0;
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length === 0) {
      text += strict.decode(bytes.subarray(validFrom, at)) + String.fromCharCode(ESCAPED_BYTE_BASE + (bytes[at] ?? 0));
      validFrom = at + 1;
    }
    at += Math.max(1, length);
  }
  return text + strict.decode(bytes.subarray(validFrom));
}

export function decodeBase64(base64: string): string | undefined {
  try {
    return decodeBytes(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
  } catch {
    return undefined;
  }
}

/** The text of bytes that are UTF-8 throughout. */
function decodeStrictly(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Length of the well-formed UTF-8 sequence at `at` (The Unicode Standard, table 3-7), else 0. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : first >= 0xf0 ? 4 : 0;
  if (length === 0 || first > 0xf4) return 0;
  const second = bytes[at + 1] ?? 0;
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let i = 2; i < length; i += 1) if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return 0;
  return length;
}
