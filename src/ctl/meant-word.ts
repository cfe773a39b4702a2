/** A word of four letters may have one mistake, one of eight two: more, and anything resembles something. */
const LETTERS_FOR_A_MISTAKE = 4;

/** The one known word that somebody has probably meant: it begins so, or differs by a typing mistake or two. */
export function meantWord(word: string, known: readonly string[]): string | undefined {
  const longer = known.filter((each) => word.length > 1 && each.startsWith(word));
  if (longer.length === 1) return longer[0];
  const allowed = Math.max(1, Math.floor(word.length / LETTERS_FOR_A_MISTAKE));
  let best: { readonly each: string; readonly mistakes: number } | undefined;
  for (const each of known) {
    if (Math.abs(each.length - word.length) > allowed || each.length <= allowed) continue;
    const mistakes = mistakesBetween(word, each);
    if (mistakes <= allowed && mistakes < (best?.mistakes ?? Number.POSITIVE_INFINITY)) best = { each, mistakes };
  }
  return best?.each;
}

/** Letters that are missing, too many or wrong, and neighbours in the wrong order (optimal string alignment). */
function mistakesBetween(a: string, b: string): number {
  let [before, last]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const isSame = a[i - 1] === b[j - 1];
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(
        Math.min(
          (last[j] ?? 0) + 1,
          (row[j - 1] ?? 0) + 1,
          (last[j - 1] ?? 0) + (isSame ? 0 : 1),
          isSwapped ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    [before, last] = [last, row];
  }
  return last[b.length] ?? 0;
}
