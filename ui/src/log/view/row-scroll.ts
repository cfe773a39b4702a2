/** Heights of the rows, in px. Exact for those on the screen, estimated for others. */
export interface RowHeights {
  readonly count: number;
  at(index: number): number;
}

/** The view's position: `offset` px of row `index` are above its upper edge. */
interface Anchor {
  readonly index: number;
  readonly offset: number;
}

/** Draw rows `from` up to, not including, `to`, the first one `y` px below the upper edge (negative: above). */
export interface Slice {
  readonly from: number;
  readonly to: number;
  readonly y: number;
}

/** The anchor at which the last row ends at the lower edge; the first row if everything fits. */
export function endAnchor(heights: RowHeights, viewportPx: number): Anchor {
  let left = viewportPx;
  for (let index = heights.count - 1; index >= 0; index -= 1) {
    left -= heights.at(index);
    if (left <= 0) return { index, offset: -left };
  }
  return { index: 0, offset: 0 };
}

/** Moves the view down by `deltaPx` (up if negative), not past the first or last row. Returns the rest. */
export function scrollAnchor(anchor: Anchor, deltaPx: number, view: View): { anchor: Anchor; beyondPx: number } {
  const { heights, viewportPx } = view;
  let index = Math.min(anchor.index, Math.max(0, heights.count - 1));
  let offset = anchor.offset + deltaPx;
  while (offset < 0 && index > 0) {
    index -= 1;
    offset += heights.at(index);
  }
  if (offset < 0) return { anchor: { index, offset: 0 }, beyondPx: offset };
  while (index < heights.count - 1 && offset >= heights.at(index)) {
    offset -= heights.at(index);
    index += 1;
  }
  const last = endAnchor(heights, viewportPx);
  let beyondPx = offset - last.offset;
  for (let row = last.index; row < index; row += 1) beyondPx += heights.at(row);
  return isBehind({ index, offset }, last) ? { anchor: last, beyondPx } : { anchor: { index, offset }, beyondPx: 0 };
}

interface View {
  readonly heights: RowHeights;
  readonly viewportPx: number;
}

/** The rows to draw: those in view and `overscan` more at both ends. */
export function sliceAt(anchor: Anchor, overscan: number, { heights, viewportPx }: View): Slice {
  let y = 0 - anchor.offset;
  let from = anchor.index;
  while (from > 0 && anchor.index - from < overscan) {
    from -= 1;
    y -= heights.at(from);
  }
  let to = anchor.index;
  let bottom = -anchor.offset;
  while (to < heights.count && bottom < viewportPx) {
    bottom += heights.at(to);
    to += 1;
  }
  return { from, to: Math.min(heights.count, to + overscan), y };
}

export function isBehind(a: Anchor, b: Anchor): boolean {
  return a.index > b.index || (a.index === b.index && a.offset > b.offset);
}
