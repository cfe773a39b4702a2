const UNITS: Readonly<Record<string, number>> = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** `16`, `1.5`, `64G`, `64GiB`: units are powers of 1,024. Undefined if it is not an amount. */
export function parseAmount(text: string): number | undefined {
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?)(?:([kmgt])(?:i?b)?)?$/i.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits) * (UNITS[unit.toLowerCase()] ?? 1);
}
