/**
 * Whether a text matches a pattern with `*` and `?`, ignoring case. Takes time proportional to the product of their
 * lengths at most: anybody may send a pattern.
 */
export function fitsGlob(pattern: string, text: string): boolean {
  const [wanted, given] = [pattern.toLowerCase(), text.toLowerCase()];
  let [at, of, star, retry] = [0, 0, -1, 0];
  while (of < given.length) {
    if (wanted[at] === "*") {
      [star, retry] = [at, of];
      at += 1;
    } else if (wanted[at] === "?" || wanted[at] === given[of]) {
      at += 1;
      of += 1;
    } else if (star >= 0) {
      // The last star takes one character more.
      retry += 1;
      [at, of] = [star + 1, retry];
    } else return false;
  }
  return /^\**$/.test(wanted.slice(at));
}
