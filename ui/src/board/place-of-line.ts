import type { ExecutionKey } from "../execution-key.ts";
import { placeOfExecution } from "../place-of.ts";
import type { ExecutionPlace } from "../url-state.ts";

/** The place of an execution's line; 0: its end. */
export function placeOfLine(execution: ExecutionKey, line: number, showOwner: boolean): ExecutionPlace {
  return { ...placeOfExecution(execution, showOwner), line };
}
