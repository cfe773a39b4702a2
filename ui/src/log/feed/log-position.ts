import { parseExecutionId } from "../../../../src/wire/ids.ts";

/** Where to open a log, or to move it. */
export type LogPosition = { readonly at: "end" } | LinePosition | TimePosition;

/** A line of an execution: at the upper edge, or a third below it to show what led to it. */
export interface LinePosition {
  readonly at: "line";
  readonly n: number;
  readonly align: "top" | "third";
}

/** A time of a job, and, if known, a row of that time: thousands of lines may share it. */
export interface TimePosition {
  readonly at: "time";
  readonly time: string;
  readonly row: { readonly x: string; readonly n: number } | undefined;
}

/** As written in an address. */
export function formatTimePosition({ time, x, n }: { time: string; x: string; n: number }): string {
  return `${time}_${x}_${n}`;
}

export function parseTimePosition(text: string): TimePosition | undefined {
  const [time = "", id, number] = text.split("_");
  if (Number.isNaN(Date.parse(time))) return undefined;
  const [x, n] = [parseExecutionId(id), Number(number)];
  return { at: "time", time, row: x !== undefined && n > 0 ? { x, n } : undefined };
}
