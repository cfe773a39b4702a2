/** Whether the focused element uses this key itself: a field, a button, a dialog. */
export function isForField({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof Element)) return false;
  if (target.closest("select, textarea, dialog[open]") !== null) return true;
  if (target instanceof HTMLInputElement && target.type !== "checkbox" && target.type !== "radio") return true;
  const isChoice = target instanceof HTMLInputElement;
  return (key === " " && (isChoice || target.closest("button, a") !== null)) || (isChoice && key.startsWith("Arrow"));
}
