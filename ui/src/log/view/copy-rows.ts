/**
 * The selected text of log rows, one line each, without numbers, times and marks. Undefined if no row is
 * selected: the browser then copies as usual.
 *
 * @param rows The element whose children are the rows.
 */
export function copiedText(rows: HTMLElement, selection: Selection | null): string | undefined {
  if (selection === null || selection.isCollapsed || selection.rangeCount === 0) return undefined;
  const selected = selection.getRangeAt(0);
  const lines: string[] = [];
  for (const text of rows.querySelectorAll(".text")) {
    if (!selected.intersectsNode(text)) continue;
    const part = document.createRange();
    part.selectNodeContents(text);
    if (selected.compareBoundaryPoints(Range.START_TO_START, part) > 0) {
      part.setStart(selected.startContainer, selected.startOffset);
    }
    if (selected.compareBoundaryPoints(Range.END_TO_END, part) < 0) {
      part.setEnd(selected.endContainer, selected.endOffset);
    }
    lines.push(part.toString());
  }
  return lines.length === 0 ? undefined : lines.join("\n");
}
