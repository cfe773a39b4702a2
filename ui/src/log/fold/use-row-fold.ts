import { useMemo } from "preact/hooks";
import { usePart } from "../../use-part.ts";
import type { LogFeed } from "../feed/log-feed.ts";
import type { RowFold } from "./row-fold.ts";

interface RowFoldOptions {
  readonly feed: LogFeed | undefined;
  /** What names an execution beside its lines: another name folds other lines. */
  readonly gutter: string | undefined;
  readonly isWanted: boolean;
}

interface UsedFold {
  readonly fold: RowFold | undefined;
  readonly isLost: boolean;
}

/** The fold of a job's rows; its script is loaded when it is first wanted. Without it, rows stand one by one. */
export function useRowFold({ feed, gutter, isWanted }: RowFoldOptions): UsedFold {
  const { part: Fold, isLost } = usePart(loadFold, isWanted);
  const fold = useMemo(() => (Fold === undefined ? undefined : new Fold()), [Fold, feed, gutter]);
  return { fold, isLost };
}

async function loadFold() {
  const { RowFold: Fold } = await import("./row-fold.ts");
  return Fold;
}
