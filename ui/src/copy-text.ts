/** Copies a text. False where the browser refuses: the text is selected then, if it stands in `shownIn`. */
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
