import { columnsOf, widthOf } from "./cells.ts";

/** The characters of a text whose columns all lie between two places. */
export function cutColumns(text: string, { from, to }: { readonly from: number; readonly to: number }): string {
  if (from <= 0 && columnsOf(text) <= to) return text;
  let [cut, at] = ["", 0];
  for (const character of text) {
    const next = at + widthOf(character);
    if (next > to) break;
    if (at >= from) cut += character;
    at = next;
  }
  return cut;
}
