const LINE_FEED = 0x0a;
/** A copy may write up to this many bytes beyond the text and its line feed. */
export const WORD_BYTES = 4;

/**
 * Copies the bytes up to the next LF, and the LF, four at a time; `to` needs room for three more. Returns their number
 * without the LF. Called for each line, so it allocates nothing and calls nothing outside JavaScript: a call
 * takes as long as copying most lines.
 *
 * @param from ends with an LF.
 */
export function copyLine(from: DataView, start: number, to: DataView, toStart: number): number {
  const lastWordAt = from.byteLength - WORD_BYTES;
  let [at, toAt] = [start, toStart];
  while (at <= lastWordAt) {
    const word = from.getInt32(at, true);
    to.setInt32(toAt, word, true);
    const found = lineFeedsIn(word);
    if (found !== 0) return at + bytesBefore(found) - start;
    at += WORD_BYTES;
    toAt += WORD_BYTES;
  }
  // The last bytes of a block, which ends with LF.
  for (; from.getUint8(at) !== LINE_FEED; at += 1, toAt += 1) to.setUint8(toAt, from.getUint8(at));
  to.setUint8(toAt, LINE_FEED);
  return at - start;
}

/**
 * Sets the top bit of each byte that is LF; 0 if none is. Bytes above the first LF may be set falsely ("Bit Twiddling
 * Hacks", "Determine if a word has a zero byte").
 */
function lineFeedsIn(word: number): number {
  const zeroes = word ^ 0x0a0a0a0a;
  return (zeroes - 0x01010101) & ~zeroes & 0x80808080;
}

/** Number of bytes before the first LF; the lowest byte comes first. */
function bytesBefore(found: number): number {
  return (31 - Math.clz32(found & -found)) >>> 3;
}
