import type { JSX } from "preact";
import type { LogPlace } from "../../url-state.ts";
import type { LogRow } from "../feed/log-row.ts";
import { JsonTree } from "../json/json-tree.tsx";
import { RowStates } from "./row-states.tsx";

export interface RowInsideProps {
  readonly row: LogRow;
  /** The filter that is active. */
  readonly q: string;
  readonly adjust: (changes: Partial<LogPlace>) => void;
  readonly onClose: () => void;
}

/** The content of a row besides its shown text: earlier states, or a JSON tree. */
export function RowInside({ row, q, adjust, onClose }: RowInsideProps): JSX.Element {
  if (row.redraws > 0) return <RowStates row={row} onClose={onClose} />;
  return <JsonTree row={row} q={q} onFilter={(next) => adjust({ q: next })} onClose={onClose} />;
}
