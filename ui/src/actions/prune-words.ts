import { formatBytes, formatCount } from "../format.ts";
import type { Pruned } from "./actions-client.ts";

/** "12 executions (3.4 MB), without 2 that are kept,". */
export function goneWords({ executions, bytes, held }: Pruned): string {
  const gone = `${countWords(executions)} (${formatBytes(bytes)})`;
  return held === 0 ? gone : `${gone}, without ${formatCount(held)} that ${held === 1 ? "is" : "are"} kept,`;
}

export function nothingWords({ held }: Pruned): string {
  return held > 0 ? "All of it is kept: release it first" : "Nothing of it has ended: delete it after its end";
}

/** What a deletion has left behind; undefined: nothing that it should have taken. `answer` undefined: it was cut off. */
export function leftWords(answer: Pruned | undefined): string | undefined {
  if (answer === undefined) return "The answer was cut off, and some may be left: delete again";
  const { executions, failed, busy } = answer;
  const gone = `Deleted ${countWords(executions)}`;
  if (failed > 0) return `${gone}; the collector's disk refused ${formatCount(failed)}: see its log, then delete again`;
  if (busy > 0) return `${gone}; ${formatCount(busy)} ${busy === 1 ? "is" : "are"} being read: delete again later`;
  return undefined;
}

function countWords(executions: number): string {
  return `${formatCount(executions)} ${executions === 1 ? "execution" : "executions"}`;
}
