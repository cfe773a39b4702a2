import { formatBytes } from "../format.ts";
import { actions as t } from "../texts/en/actions.ts";
import type { Pruned } from "./actions-client.ts";

/** "12 executions (3.4 MB), without 2 that are kept,". */
export function goneWords({ executions, bytes, held }: Pruned): string {
  const gone = t.gone(executions, formatBytes(bytes));
  return held === 0 ? gone : t.goneBut(gone, held);
}

export function nothingWords({ held }: Pruned): string {
  return held > 0 ? t.allKept : t.noneEnded;
}

/** What a deletion failed to delete; undefined if nothing. `answer` undefined: it was cut off. */
export function leftWords(answer: Pruned | undefined): string | undefined {
  if (answer === undefined) return t.someLeft;
  const { executions, failed, busy } = answer;
  const gone = t.deleted(executions);
  if (failed > 0) return t.diskRefused(gone, failed);
  if (busy > 0) return t.beingRead(gone, busy);
  return undefined;
}
