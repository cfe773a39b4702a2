const ZERO = 0x30;
const NINE = 0x39;
/** Digits that a number holds exactly. */
const MAX_DIGITS = 15;

/** Whether `literal` stands at `at`. */
export function startsWith(data: Uint8Array, at: number, literal: Uint8Array): boolean {
  for (let i = 0; i < literal.length; i += 1) {
    if (data[at + i] !== literal[i]) return false;
  }
  return true;
}

/** End of the digits that start at `at`; at most `MAX_DIGITS`, so that their number is exact. */
export function digitsEnd(data: Uint8Array, at: number, end: number): number {
  let i = at;
  const stop = Math.min(end, at + MAX_DIGITS + 1);
  while (i < stop) {
    const byte = data[i] ?? 0;
    if (byte < ZERO || byte > NINE) break;
    i += 1;
  }
  return i - at > MAX_DIGITS ? at : i;
}

/** The number whose digits are `data[at..end)`. */
export function numberOf(data: Uint8Array, at: number, end: number): number {
  let value = 0;
  for (let i = at; i < end; i += 1) value = value * 10 + ((data[i] ?? ZERO) - ZERO);
  return value;
}
