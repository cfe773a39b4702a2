import { isForField } from "../keys.ts";
import { usePageKeys } from "../use-page-keys.ts";

/** Goes from row to row: the focus is on the row's link. */
export function useListKeys(onHelp: () => void): void {
  usePageKeys((event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "?" && !isForField(event)) onHelp();
    const step = ["j", "ArrowDown"].includes(event.key) ? 1 : ["k", "ArrowUp"].includes(event.key) ? -1 : 0;
    if (step === 0 || isForField(event)) return;
    const rows = [...document.querySelectorAll<HTMLElement>("[data-row]")];
    const at = rows.findIndex((row) => row.contains(document.activeElement));
    const next = rows[at < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, at + step))];
    if (next === undefined) return;
    event.preventDefault();
    next.querySelector<HTMLElement>("a")?.focus();
    next.scrollIntoView({ block: "nearest" });
  });
}
