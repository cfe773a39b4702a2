const CARRIAGE_RETURN = 0x0d;
/** ASCII characters used in bars, spinners, percentages, rates and clocks. */
const VOLATILE = new Set([...Buffer.from(" %.,:#=->|/\\*+~_[]()\r")]);
/** First two bytes of block elements, box drawing and braille, used in bars and spinners. */
const DRAWING: readonly (readonly [number, number])[] = [
  [0xe2, 0x94],
  [0xe2, 0x95],
  [0xe2, 0x96],
  [0xe2, 0xa0],
  [0xe2, 0xa1],
  [0xe2, 0xa2],
  [0xe2, 0xa3],
];

/**
 * Skips numbers, bars and blanks, which change from one redraw to the next. Text precedes `at`: a digit right after it
 * belongs to that word.
 */
export function nextFixed(bytes: Buffer, at: number, to: number, from: number): number {
  let i = at;
  while (i < to) {
    const byte = bytes[i] ?? 0;
    if (VOLATILE.has(byte)) i += 1;
    else if (isDigit(byte) && !(i === at && i > from && isWord(bytes[i - 1] ?? 0))) i += 1;
    else if (isDrawing(bytes, i) && i + 3 <= to) i += 3;
    else break;
  }
  return i;
}

/** Characters, each counted as a column: where two redraws differ, they belong to bars and numbers. */
export function columnsBetween(bytes: Buffer, from: number, to: number): number {
  let columns = 0;
  for (let i = from; i < to; i += 1) {
    const byte = bytes[i] ?? 0;
    if ((byte & 0xc0) !== 0x80 && byte !== CARRIAGE_RETURN) columns += 1;
  }
  return columns;
}

/** Whether every character is known to take one column: ASCII, bars and spinners. */
export function isNarrow(bytes: Buffer, from: number, to: number): boolean {
  for (let i = from; i < to; i += 1) {
    if ((bytes[i] ?? 0) < 0x80) continue;
    if (!isDrawing(bytes, i)) return false;
    i += 2;
  }
  return true;
}

function isDrawing(bytes: Buffer, at: number): boolean {
  return DRAWING.some(([first, second]) => bytes[at] === first && bytes[at + 1] === second);
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isWord(byte: number): boolean {
  return isDigit(byte) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) || byte >= 0x80;
}
