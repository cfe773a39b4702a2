import { useEffect, useRef } from "preact/hooks";
import type { LogCommand } from "./log-keys.ts";
import { commandOf } from "./log-keys.ts";

/** Keys of the whole page, but not those meant for a field, a button or a dialog. */
export function useLogKeys(obey: (command: LogCommand) => void): void {
  const latest = useRef(obey);
  latest.current = obey;
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const { target } = event;
      if (event.defaultPrevented || !(target instanceof Element)) return;
      if (target.closest("input, select, textarea, dialog") !== null) return;
      if (event.key === " " && target.closest("button, a, summary") !== null) return;
      const command = commandOf(event);
      if (command === undefined) return;
      event.preventDefault();
      latest.current(command);
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}
