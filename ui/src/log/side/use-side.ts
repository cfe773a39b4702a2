import { useMemo } from "preact/hooks";
import type { SideMode } from "../../url-state.ts";
import { usePart } from "../../use-part.ts";
import type { LogFeed } from "../feed/log-feed.ts";
import type { SideEngine } from "./side-engine.ts";
import type { SideRows } from "./side-rows.ts";

export interface Side {
  readonly engine: SideEngine;
  readonly rows: SideRows;
}

/** Most columns; with more executions, the reader chooses on the board. */
export const MAX_COLUMNS = 64;

interface UsedSide {
  readonly side: Side | undefined;
  readonly isLost: boolean;
}

/** The side by side view of a run, if it is chosen and its script is loaded. */
export function useSide(feed: LogFeed | undefined, mode: SideMode | undefined): UsedSide {
  const count = feed?.sources.length ?? 0;
  const isWanted = mode !== undefined && count > 1 && count <= MAX_COLUMNS;
  const { part: engine, isLost } = usePart(loadEngine, isWanted);
  const side = useMemo(
    () => (isWanted && engine !== undefined ? { engine, rows: new engine.SideRows() } : undefined),
    [isWanted, engine, feed],
  );
  return { side, isLost };
}

async function loadEngine() {
  const { SIDE_ENGINE } = await import("./side-engine.ts");
  return SIDE_ENGINE;
}
