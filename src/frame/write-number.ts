/** Decimal digits of a whole number from 0 on. */
export function digitsOf(value: number): number {
  let digits = 1;
  for (let power = 10; value >= power; power *= 10) digits += 1;
  return digits;
}

/** Writes a whole number from 0 on in decimal at `target[at]`, without a string for it. Returns the end. */
export function writeNumber(target: Uint8Array, at: number, value: number): number {
  const end = at + digitsOf(value);
  let rest = value;
  for (let i = end - 1; i >= at; i -= 1) {
    const tenth = Math.floor(rest / 10);
    target[i] = 0x30 + rest - tenth * 10;
    rest = tenth;
  }
  return end;
}
