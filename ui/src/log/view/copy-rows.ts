/** Copies the selected text of rows, without numbers, times and marks. Otherwise the browser copies as usual. */
export function copyRows(event: ClipboardEvent, rows: HTMLElement | null): void {
  const text = rows === null ? undefined : copiedText(rows, document.getSelection());
  if (text === undefined) return;
  event.clipboardData?.setData("text/plain", text);
  event.preventDefault();
}

/** One line for each row of selected text. Undefined if there is none. */
function copiedText(rows: HTMLElement, selection: Selection | null): string | undefined {
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
