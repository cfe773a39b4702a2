import { useEffect, useRef } from "preact/hooks";
import { isForField } from "../../keys.ts";
import type { LogCommand } from "./log-keys.ts";
import { commandOf } from "./log-keys.ts";

/** Keys of the whole page, except those that the focused element uses itself. */
export function useLogKeys(obey: (command: LogCommand) => void): void {
  const latest = useRef(obey);
  latest.current = obey;
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const command = event.defaultPrevented || isForField(event) ? undefined : commandOf(event);
      if (command === undefined) return;
      event.preventDefault();
      latest.current(command);
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}
