import type { JSX } from "preact";
import { inside } from "../../texts/en/inside.ts";
import { KeyHelp } from "./key-help.tsx";

export interface LogKeyHelpProps {
  readonly onClose: () => void;
}

/** The keys of the log view; their texts are loaded on demand. */
export function LogKeyHelp({ onClose }: LogKeyHelpProps): JSX.Element {
  return <KeyHelp isOpen keys={inside.help} onClose={onClose} />;
}
