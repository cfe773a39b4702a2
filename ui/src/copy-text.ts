/** Copies a text. False if the browser refuses: then the text in `shownIn`, if any, is selected. */
export async function copyText(text: string, shownIn?: Element | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // No secure context, or no permission.
    const selection = document.getSelection();
    if (selection !== null && shownIn) selection.selectAllChildren(shownIn);
    return false;
  }
}
