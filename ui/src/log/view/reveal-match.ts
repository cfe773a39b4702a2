/** Scrolls sideways to the mark of the current match where it is out of view. Returns whether there is such a mark. */
export function revealMatch(scroller: HTMLElement, rows: HTMLElement): boolean {
  const mark = rows.querySelector(".current mark")?.getBoundingClientRect();
  if (mark === undefined) return false;
  const gutterPx = rows.querySelector<HTMLElement>(".gutter")?.offsetWidth ?? 0;
  const { left, right } = scroller.getBoundingClientRect();
  const isSeen = mark.left >= left + gutterPx && mark.right <= right;
  if (!isSeen) scroller.scrollLeft += mark.left - left - gutterPx - (right - left - gutterPx) / 3;
  return true;
}
