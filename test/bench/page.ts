/**
 * The page of figures with the cases replaced that were measured; the others, and the words around them, stay.
 *
 * A case stands between `<!-- figures: NAME -->` and `<!-- end of figures: NAME -->`. One that is new comes last.
 *
 * @param page Markdown
 * @param measured Markdown of each case, by its name
 */
export function updatePage(page: string, measured: ReadonlyMap<string, string>): string {
  let updated = page;
  for (const [name, section] of measured) {
    const [start, end] = [`<!-- figures: ${name} -->`, `<!-- end of figures: ${name} -->`];
    const block = `${start}\n${section}\n${end}`;
    const from = updated.indexOf(start);
    const to = updated.indexOf(end);
    const isThere = from >= 0 && to > from;
    updated = isThere
      ? updated.slice(0, from) + block + updated.slice(to + end.length)
      : `${updated.trimEnd()}\n\n${block}\n`;
  }
  return updated;
}
