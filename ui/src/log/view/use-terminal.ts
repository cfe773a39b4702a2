import { useEffect, useState } from "preact/hooks";
import { usePart } from "../../use-part.ts";
import { loadTerminal, onTerminalWanted } from "../feed/terminal.ts";

/** Loads the terminal once a line needs it, and then redraws the page. */
export function useTerminal(): ReturnType<typeof usePart<unknown>> {
  const [isWanted, setWanted] = useState(false);
  useEffect(() => onTerminalWanted(() => setWanted(true)), []);
  return usePart<unknown>(loadTerminal, isWanted);
}
