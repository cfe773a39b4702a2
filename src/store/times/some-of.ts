/** At most `most` elements of a list, at equal distances, in order. */
export function someOf<T>(all: readonly T[], most: number): readonly T[] {
  if (all.length <= most) return all;
  const places = Array.from({ length: most }, (_, i) => Math.floor((i * all.length) / most));
  return places.flatMap((at) => all.slice(at, at + 1));
}
