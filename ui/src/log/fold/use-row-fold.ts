import { useMemo } from "preact/hooks";
import { usePart } from "../../use-part.ts";
import type { LogFeed } from "../feed/log-feed.ts";
import type { RowFold } from "./row-fold.ts";

interface RowFoldOptions {
  readonly feed: LogFeed | undefined;
  /** The label that names executions: a different one folds different lines. */
  readonly gutter: string | undefined;
  readonly isWanted: boolean;
}

interface UsedFold {
  readonly fold: RowFold | undefined;
  readonly isLost: boolean;
}

/** The fold of a job's rows; its script is loaded when it is first wanted. Until then, rows are shown one by one. */
export function useRowFold({ feed, gutter, isWanted }: RowFoldOptions): UsedFold {
  const { part: Fold, isLost } = usePart(loadFold, isWanted);
  const fold = useMemo(() => (Fold === undefined ? undefined : new Fold()), [Fold, feed, gutter]);
  return { fold, isLost };
}

async function loadFold() {
  const { RowFold: Fold } = await import("./row-fold.ts");
  return Fold;
}
