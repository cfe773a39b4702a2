import type { ExecutionPlace, JobPlace } from "../../url-state.ts";
import type { LogRow } from "../feed/log-row.ts";
import type { LogSource } from "../feed/log-source.ts";

/** Lines of an execution that are marked; to 0: none. */
export interface MarkedLines {
  readonly source: number;
  readonly from: number;
  readonly to: number;
}

export function markedLines(place: ExecutionPlace | JobPlace, sources: readonly LogSource[]): MarkedLines {
  const { view, mark, line, lineTo } = place;
  const [, x] = mark.split("_");
  const source = view === "job" ? sources.findIndex(({ execution }) => execution.x === x) : 0;
  return { source, from: line, to: Math.max(line, lineTo) };
}

export function isMarked({ source, n, to }: Pick<LogRow, "source" | "n" | "to">, marked: MarkedLines): boolean {
  return source === marked.source && n <= marked.to && to >= marked.from;
}
