import type { Execution, Line } from "./api.ts";
import { parseExecutionId } from "./ids.ts";
import { asCount } from "./record.ts";

/** A place between the lines of a run: at a time by the collector's clock, and where it is known at a line. */
export interface RunPlace {
  readonly time: string;
  readonly x?: string;
  readonly n?: number;
}

/** Which lines of a run are asked for. */
export interface RunLinesQuery {
  readonly job: string;
  /** Undefined: of all runs of the job. */
  readonly run: string | undefined;
  readonly owner: string | undefined;
  /** Only of this node, and only of these executions. */
  readonly node?: string | undefined;
  readonly only?: readonly string[] | undefined;
  /** None but these, whatever else is asked for: of a run that is not shared as a whole. */
  readonly places?: readonly { readonly x: string; readonly node: string }[];
  /** Lines before the place come as well as lines after it in order of time, those nearest to it. */
  readonly side: "before" | "after";
  /** Undefined: before the end, after the beginning. */
  readonly place?: RunPlace | undefined;
  readonly limit: number;
  /** The nodes' own times decide, not those that known differences of clocks are taken out of. */
  readonly isNodeClock?: boolean;
}

/** A line of a run: of the execution with index `s` in its page. Its time is the node's, as in all lines. */
export interface RunLine extends Line {
  readonly s: number;
}

/** `GET /api/run-lines`: lines of all executions of a run in order of time. */
export interface RunLinesPage {
  readonly executions: readonly Execution[];
  readonly lines: readonly RunLine[];
  /** More lie beyond them on this side. */
  readonly isMore: boolean;
}

/** As in addresses and queries: `TIME`, or `TIME_X_N`. */
export function formatRunPlace({ time, x, n }: RunPlace): string {
  return x === undefined || n === undefined ? time : `${time}_${x}_${n}`;
}

/** RFC 3339 in UTC with microseconds, as in a line. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

export function parseRunPlace(text: string): RunPlace | undefined {
  const [time = "", id, number] = text.split("_");
  if (!TIME.test(time)) return undefined;
  const x = parseExecutionId(id);
  const n = asCount(Number(number), 1);
  if (id === undefined) return { time };
  return x === undefined || n === undefined ? undefined : { time, x, n };
}
