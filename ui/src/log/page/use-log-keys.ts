import { isForField } from "../../keys.ts";
import { usePageKeys } from "../../use-page-keys.ts";
import type { LogCommand } from "./log-keys.ts";
import { commandOf } from "./log-keys.ts";

/** Keys of the whole page, except those that the focused element uses itself. */
export function useLogKeys(obey: (command: LogCommand) => void): void {
  usePageKeys((event) => {
    const command = event.defaultPrevented || isForField(event) ? undefined : commandOf(event);
    if (command === undefined) return;
    event.preventDefault();
    obey(command);
  });
}
