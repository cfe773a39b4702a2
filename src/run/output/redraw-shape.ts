import { columnsBetween, nextFixed } from "./volatile.ts";

const ESC = 0x1b;
const SGR = 0x6d;

/**
 * Whether a redraw may be omitted because `later` redraws the same thing: both are equal once numbers, bars, spinners
 * and clocks are removed, `later` covers every column of it, and no colour leaks from one into the other.
 *
 * A number inside a word (disk1) is text. Escape sequences must be equal to the byte.
 *
 * @param bytes Both redraws, as [from, to) without the carriage return between them.
 * @param isPlain Whether no colour is on before them: else the first one's reset would change the colour of the second.
 */
export function isRedrawnBy(
  bytes: Buffer,
  earlier: readonly [from: number, to: number],
  later: readonly [from: number, to: number],
  isPlain: boolean,
): boolean {
  let [a, aEnd] = earlier;
  let [b, bEnd] = later;
  let columns = 0;
  let erases = false;
  let isColoured = false;
  for (;;) {
    const aFixed = nextFixed(bytes, a, aEnd, earlier[0]);
    const bFixed = nextFixed(bytes, b, bEnd, later[0]);
    columns += columnsBetween(bytes, b, bFixed) - columnsBetween(bytes, a, aFixed);
    [a, b] = [aFixed, bFixed];
    if (a === aEnd || b === bEnd) break;
    const length = bytes[a] === ESC ? sequenceLength(bytes, a, aEnd) : 1;
    if (length > bEnd - b || bytes.compare(bytes, b, b + length, a, a + length) !== 0) return false;
    if (bytes[a] === ESC) {
      const final = bytes[a + length - 1];
      if (final === SGR && !isPlain) return false;
      if (final === SGR) isColoured = !isReset(bytes, a, length);
      else if (isErase(bytes, a, length)) erases = true;
      else return false;
    }
    a += length;
    b += length;
  }
  return a === aEnd && b === bEnd && !isColoured && (columns >= 0 || erases);
}

/** Whether no colour is on after `bytes[from..to)`. @param isPlain Whether none is on before. */
export function isPlainAfter(bytes: Buffer, from: number, to: number, isPlain: boolean): boolean {
  // Only the last sequence matters.
  for (
    let at = bytes.lastIndexOf(ESC, to - 1);
    at >= from && at < to;
    at = at === 0 ? -1 : bytes.lastIndexOf(ESC, at - 1)
  ) {
    const length = sequenceLength(bytes, at, to);
    if (bytes[at + length - 1] === SGR) return isReset(bytes, at, length);
  }
  return isPlain;
}

/** Bytes of the control sequence at `at`; 1 for any other sequence that begins with ESC. */
function sequenceLength(bytes: Buffer, at: number, to: number): number {
  if (bytes[at + 1] !== 0x5b) return 1;
  let end = at + 2;
  while (end < to && (bytes[end] ?? 0) >= 0x20 && (bytes[end] ?? 0) < 0x40) end += 1;
  return end < to ? end + 1 - at : 1;
}

/** Whether this is `CSI m` or `CSI 0 m`. */
function isReset(bytes: Buffer, at: number, length: number): boolean {
  return length === 3 || (length === 4 && bytes[at + 2] === 0x30);
}

/** Whether this is `CSI K`, `CSI 0 K` or `CSI 2 K`: it erases everything of the previous redraw to the right. */
function isErase(bytes: Buffer, at: number, length: number): boolean {
  if (bytes[at + length - 1] !== 0x4b) return false;
  return length === 3 || (length === 4 && (bytes[at + 2] === 0x30 || bytes[at + 2] === 0x32));
}
