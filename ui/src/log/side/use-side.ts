import { useEffect, useMemo, useState } from "preact/hooks";
import type { SideMode } from "../../url-state.ts";
import type { LogFeed } from "../feed/log-feed.ts";
import type { SideEngine } from "./side-engine.ts";
import type { SideRows } from "./side-rows.ts";

export interface Side {
  readonly engine: SideEngine;
  readonly rows: SideRows;
}

/** More columns are chosen from on the board. */
export const MAX_COLUMNS = 64;

/** The side by side view of a run, where it is chosen and its script is there. */
export function useSide(feed: LogFeed | undefined, mode: SideMode | undefined): Side | undefined {
  const [engine, setEngine] = useState<SideEngine | undefined>(undefined);
  const count = feed?.sources.length ?? 0;
  const isWanted = mode !== undefined && count > 1 && count <= MAX_COLUMNS;
  useEffect(() => {
    if (isWanted && engine === undefined) {
      void import("./side-engine.ts").then(
        ({ SIDE_ENGINE }) => setEngine(SIDE_ENGINE),
        () => undefined,
      );
    }
  }, [isWanted, engine]);
  return useMemo(
    () => (isWanted && engine !== undefined ? { engine, rows: new engine.SideRows() } : undefined),
    [isWanted, engine, feed],
  );
}
