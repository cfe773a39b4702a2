import type { ApiClient } from "../api-client.ts";
import { findLineNear } from "./find-line.ts";
import type { LineLoader } from "./line-loader.ts";
import type { LogSource } from "./log-source.ts";

/** Where a log is opened, or moved to. */
export type LogPosition = { readonly at: "end" } | LinePosition | { readonly at: "time"; readonly time: string };

/** A line at the upper edge, or a third below it, where one sees what led to it. */
export interface LinePosition {
  readonly at: "line";
  readonly n: number;
  readonly align: "top" | "third";
}

export interface OpenSourceOptions {
  readonly api: Pick<ApiClient, "lines">;
  readonly loader: LineLoader;
  readonly position: LogPosition;
  readonly limit: number;
}

/** Loads the page of one execution that lies around a position. */
export async function openSource(
  source: LogSource,
  { api, loader, position, limit }: OpenSourceOptions,
): Promise<boolean> {
  const { lastN, execution } = source;
  if (position.at === "end") return loader.restart(source, { from: Math.max(1, lastN - limit + 1), limit });
  if (position.at === "line") {
    // Some lines before it, so that one can scroll up at once.
    return loader.restart(source, { from: Math.max(1, Math.min(lastN, position.n) - Math.floor(limit / 4)), limit });
  }
  const { time } = position;
  const { startedAt, endedAt } = execution;
  const lineFrom = async (n: number): Promise<{ n: number; time: string } | undefined> => {
    const page = await api.lines(execution, { from: n, limit: 1 });
    return page.ok ? page.value.lines[0] : undefined;
  };
  if (time <= startedAt) return loader.restart(source, { from: 1, limit, time });
  const isOver = endedAt !== null && endedAt < time;
  const from = isOver ? lastN + 1 : await findLineNear({ time, startedAt, lastN, lineFrom });
  return loader.restart(source, { from, limit, time });
}
