import { useEffect, useState } from "preact/hooks";
import { usePart } from "../../use-part.ts";
import { loadTerminal, onTerminalWanted } from "../feed/terminal.ts";

/** Draws the page again when the terminal is loaded that one of its lines wants. */
export function useTerminal(): ReturnType<typeof usePart<unknown>> {
  const [isWanted, setWanted] = useState(false);
  useEffect(() => onTerminalWanted(() => setWanted(true)), []);
  return usePart<unknown>(loadTerminal, isWanted);
}
