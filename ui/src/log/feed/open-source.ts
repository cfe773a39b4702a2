import type { ApiClient } from "../../api-client.ts";
import { findLineNear } from "./find-line.ts";
import { pageFrom } from "./first-asks.ts";
import type { LineLoader } from "./line-loader.ts";
import type { LogPosition } from "./log-position.ts";
import type { LogSource } from "./log-source.ts";

export interface OpenSourceOptions {
  readonly api: Pick<ApiClient, "lines">;
  readonly loader: LineLoader;
  readonly position: LogPosition;
  readonly limit: number;
}

/** Loads the page of one execution around a position. Returns whether it succeeded. */
export function openSource(source: LogSource, options: OpenSourceOptions): Promise<boolean> {
  const { loader, position, limit } = options;
  const { lastN, execution } = source;
  if (position.at === "end") return loader.restart(source, { from: Math.max(1, lastN - limit + 1), limit });
  if (position.at === "line") return openAtLine(source, position.n, options);
  const { row } = position;
  return row?.x === execution.x ? openAtLine(source, row.n, options) : openAtTime(source, position.time, options);
}

function openAtLine(source: LogSource, n: number, { loader, limit }: OpenSourceOptions): Promise<boolean> {
  return loader.restart(source, { from: pageFrom(Math.min(source.lastN, n), limit), limit });
}

async function openAtTime(
  source: LogSource,
  shownTime: string,
  { api, loader, limit }: OpenSourceOptions,
): Promise<boolean> {
  const { lastN, execution } = source;
  const time = source.nodeTime(shownTime);
  const { startedAt, endedAt } = execution;
  if (time <= startedAt) return loader.restart(source, { from: 1, limit, time: shownTime });
  if (endedAt !== null && endedAt < time) return loader.restart(source, { from: lastN + 1, limit, time: shownTime });
  const lineFrom = async (n: number): Promise<{ n: number; time: string } | null | undefined> => {
    const page = await api.lines(execution, { from: n, limit: 1 });
    return page.ok ? (page.value.lines[0] ?? null) : undefined;
  };
  const from = await findLineNear({ time, startedAt, lastN, lineFrom });
  return from !== undefined && loader.restart(source, { from, limit, time: shownTime });
}
