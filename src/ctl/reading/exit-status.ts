import { constants } from "node:os";
import type { Execution } from "../../wire/api.ts";

const UNKNOWN = 1;

/** As a shell has it: the code, 128 + the signal's number, 1 if neither is known. */
function exitStatusOf({ code, signal }: Pick<Execution, "code" | "signal">): number {
  if (code !== null) return code;
  const number = Object.entries(constants.signals).find(([name]) => name === signal)?.[1];
  return signal === null || number === undefined ? UNKNOWN : 128 + number;
}

/** That of the worst: the highest. */
export function worstStatusOf(executions: readonly Pick<Execution, "code" | "signal">[]): number {
  return executions.reduce((worst, each) => Math.max(worst, exitStatusOf(each)), 0);
}
