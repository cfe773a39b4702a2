/**
 * Whether a job's name fits a pattern: `*` stands for any text, `?` for one character. Compares in time proportional to
 * both lengths' product, whatever the pattern: names come from users.
 */
export function matchesPattern(name: string, pattern: string): boolean {
  let [at, of] = [0, 0];
  let star: { of: number; at: number } | undefined;
  while (at < name.length) {
    if (pattern[of] === "*") {
      star = { of, at };
      of += 1;
    } else if (of < pattern.length && (pattern[of] === "?" || pattern[of] === name[at])) {
      at += 1;
      of += 1;
    } else if (star === undefined) {
      return false;
    } else {
      // The last star takes one more character.
      star.at += 1;
      at = star.at;
      of = star.of + 1;
    }
  }
  while (pattern[of] === "*") of += 1;
  return of === pattern.length;
}
