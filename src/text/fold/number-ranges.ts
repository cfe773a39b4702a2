/** A number that is not a part of a word or a date. */
const NUMBER = /(?<![\w.])[-+]?\d+(?:\.\d+)?(?![\w])/g;

/** The text without its numbers: lines with equal keys differ in nothing else. */
export function withoutNumbers(text: string): string {
  return text.replace(NUMBER, "\0");
}

/** One line for several that differ only in numbers: each differing number becomes its range, `loss=0.91..0.94`. */
export function withRanges(texts: readonly string[]): string {
  const [first = "", ...others] = texts;
  const ranges = numbersOf(first).map((number) => ({ least: number, most: number }));
  for (const text of others) {
    for (const [i, number] of numbersOf(text).entries()) {
      const range = ranges[i];
      if (range === undefined) continue;
      if (Number(number) < Number(range.least)) range.least = number;
      if (Number(number) > Number(range.most)) range.most = number;
    }
  }
  let at = -1;
  return first.replace(NUMBER, (number) => {
    at += 1;
    const { least, most } = ranges[at] ?? { least: number, most: number };
    return least === most ? number : `${least}..${most}`;
  });
}

function numbersOf(text: string): readonly string[] {
  return text.match(NUMBER) ?? [];
}
